import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { BackOff } from "./back-off.ts";
import { pause } from "./timing.ts";

const program = fileURLToPath(new URL("./guard.sh", import.meta.url));

export interface GuardSetup {
  readonly logger: Logger;
  /** Where the proof of the guard that starts now shall be, noted down for a successor of this process. */
  readonly newProof: () => Promise<string>;
}

/**
 * A small process that ends the scripts of this tentacle when the tentacle itself is killed. It is started again when
 * it dies, and told again what runs.
 */
export class Guard {
  readonly #setup: GuardSetup;
  /** Process groups to watch over, with who waits for its word that it does. */
  readonly #groups: Map<number, (() => void)[]> = new Map();
  readonly #stopped: AbortController = new AbortController();
  #process: ChildProcess | null = null;
  #watching: Promise<void> = Promise.resolve();

  constructor(setup: GuardSetup) {
    this.#setup = setup;
  }

  /** Rejects when it cannot be started at all. */
  async start(): Promise<void> {
    const { exited } = await this.#launch();
    this.#watching = this.#keepAlive(exited);
  }

  /** Resolves when it has ended whatever was still registered, and is gone. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#process?.stdin?.end();
    await this.#watching;
  }

  /** Resolves when the guard watches over that group: what runs in it ends with this process. */
  watch(group: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#groups.set(group, [resolve]);
    this.#tell(`+${group}`);
    return promise;
  }

  /** To be called as soon as the group is empty: its number may soon be that of others. */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#tell(`-${group}`);
  }

  async #keepAlive(firstExit: Promise<void>): Promise<void> {
    const backOff = new BackOff();
    let exited = firstExit;
    for (;;) {
      await exited;
      if (this.#stopped.signal.aborted) return;
      this.#setup.logger.warn("the guard of the scripts died; it is started again");
      try {
        ({ exited } = await this.#launch());
      } catch (error) {
        this.#setup.logger.error({ err: error }, "the guard of the scripts cannot be started");
      }
      await Promise.race([exited, pause(backOff.next(), this.#stopped.signal)]);
    }
  }

  /** Resolves when it runs. */
  async #launch(): Promise<{ exited: Promise<void> }> {
    const proof = await this.#setup.newProof();
    const guard = spawn("/bin/sh", [program, proof], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(guard, "spawn");
    const exited = new Promise<void>((resolve) => guard.once("exit", () => resolve()));
    // It died: `exited` tells.
    guard.stdin.on("error", () => {});
    createInterface(guard.stdout).on("line", (line) => this.#acknowledged(Number(line.slice(1))));
    this.#process = guard;
    for (const group of this.#groups.keys()) this.#tell(`+${group}`);
    this.#tell(".");
    if (this.#stopped.signal.aborted) guard.stdin.end();
    return { exited };
  }

  #acknowledged(group: number): void {
    for (const resolve of this.#groups.get(group)?.splice(0) ?? []) resolve();
  }

  #tell(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}
