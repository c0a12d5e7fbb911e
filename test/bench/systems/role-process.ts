import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { SystemName } from "./all.ts";
import type { Answer, Answers, Request } from "./role-program.ts";
import type { Scene } from "./system.ts";

const program = fileURLToPath(new URL("role-program.ts", import.meta.url));

export interface RoleOptions {
  readonly system: SystemName;
  readonly role: string;
  readonly scene: Scene;
  /** Folder in which the process leaves a profile of its CPU when it ends; `null`: none. */
  readonly profiles: string | null;
}

/** One role of a system in a process of its own. */
export class RoleProcess {
  readonly role: string;
  readonly #child: ChildProcess;

  private constructor(role: string, child: ChildProcess) {
    this.role = role;
    this.#child = child;
  }

  /** Resolves when it is ready. Rejects, as all other calls do, when its process ends before it answers. */
  static async start({ system, role, scene, profiles }: RoleOptions): Promise<RoleProcess> {
    const profiling =
      profiles === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles, `${scene.run}-${role}`)}`];
    const child = fork(program, [system, role, JSON.stringify(scene)], {
      execArgv: [...process.execArgv, ...profiling],
      serialization: "advanced",
    });
    const started = new RoleProcess(role, child);
    await started.#answer("ready");
    return started;
  }

  ask<Type extends Request["type"]>(request: Extract<Request, { type: Type }>): Promise<Answers[Type]> {
    this.#child.send(request);
    return this.#answer(request.type as Type);
  }

  /** To what only this system knows. */
  async tell(word: string): Promise<unknown> {
    return await this.ask({ type: "tell", word });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && !this.#child.killed;
  }

  /** Resolves when the process has ended by itself: only then is its profile written. */
  async stop(): Promise<void> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#child.once("exit", () => resolve());
    await this.ask({ type: "stop" });
    await ended;
  }

  /** For when a round has failed: the process may not answer any more. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Answers to questions of different types may come in any order. */
  #answer<Type extends keyof Answers>(type: Type): Promise<Answers[Type]> {
    const { promise, resolve, reject } = Promise.withResolvers<Answers[Type]>();
    const onExit = (code: number | null, signal: string | null): void =>
      reject(new Error(`the process of the role "${this.role}" ended with ${code ?? signal}`));
    const onMessage = (answer: Answer): void => {
      if (answer.type !== type) return;
      this.#child.off("exit", onExit);
      this.#child.off("message", onMessage);
      resolve(answer.found as Answers[Type]);
    };
    this.#child.once("exit", onExit);
    this.#child.on("message", onMessage);
    return promise;
  }
}
