import { type ChildProcess, spawn } from "node:child_process";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ProcessStream } from "./output.ts";
import { OutputPipe } from "./output-pipe.ts";
import { within } from "./timing.ts";

const gate = fileURLToPath(new URL("./gate.sh", import.meta.url));

/** A process that is gone, and this long nothing came through its pipes: what still holds them open has left its group. */
const quietMs = 250;
/** More than any pipe holds: what comes beyond was not written by the process that is gone. */
const pipeBytesMax = 1024 * 1024;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatedProcessOptions {
  readonly command: readonly string[];
  /** Private to this process: the pipes are made in it. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onOutput: (stream: ProcessStream, chunk: Buffer) => void;
}

/** A process in a group of its own that does not start before `go`. */
export class GatedProcess {
  /** Number of the process and of its group. */
  readonly pid: number;
  /** Resolves when `go` may be called. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  readonly #options: GatedProcessOptions;
  readonly #gate: Duplex;
  #pipes: OutputPipe[] = [];
  readonly #gateClosed: Promise<void>;
  #opened = false;
  #paused = false;
  #reading = false;

  static async spawn(options: GatedProcessOptions): Promise<GatedProcess> {
    const child = spawn("/bin/sh", [gate, ...options.command], {
      cwd: options.folder,
      env: options.environment,
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const { pid } = child;
    if (pid !== undefined) return new GatedProcess(options, child, pid);
    return new Promise((_resolve, reject) => child.once("error", reject));
  }

  private constructor(options: GatedProcessOptions, child: ChildProcess, pid: number) {
    this.#options = options;
    this.pid = pid;
    this.exited = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
      }),
    );
    child.on("error", () => {});
    this.#gate = child.stdio[3] as Duplex;
    this.#gate.on("error", () => {});
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.#gate.on("data", (signs: Buffer) => {
      if (signs.includes("r")) ready.resolve();
      if (signs.includes("o")) this.#onOpened();
    });
    this.#gateClosed = new Promise((resolve) => this.#gate.once("close", () => resolve()));
  }

  /** Whether it got as far as to become the script. Certain after `drain`. */
  get opened(): boolean {
    return this.#opened;
  }

  go(): void {
    const { folder, onOutput } = this.#options;
    this.#pipes = (["stdout", "stderr"] as const).map(
      (stream) => new OutputPipe(join(folder, stream), (chunk) => onOutput(stream, chunk)),
    );
    this.#gate.write("go\n");
  }

  pauseOutput(paused: boolean): void {
    this.#paused = paused;
    if (this.#reading) this.#applyPause();
  }

  /**
   * To be called after the exit. Resolves when all output has been read; what a process that left the group may still
   * write is not waited for.
   */
  async drain(): Promise<void> {
    this.#read();
    const closed = Promise.all([this.#gateClosed, ...this.#pipes.map((pipe) => pipe.closed)]);
    const limit = this.#bytes() + this.#pipes.length * pipeBytesMax;
    let bytes = -1;
    while (!(await within(quietMs, closed))) {
      if (this.#paused) continue;
      if (this.#bytes() === bytes || this.#bytes() > limit) break;
      bytes = this.#bytes();
    }
    this.abandon();
  }

  /** Nobody wants its output any more. */
  abandon(): void {
    for (const pipe of this.#pipes) pipe.destroy();
    this.#gate.destroy();
  }

  #onOpened(): void {
    this.#opened = true;
    this.#read();
    for (const stream of ["stdout", "stderr"]) {
      unlink(join(this.#options.folder, stream)).catch(() => {});
    }
  }

  /** A pipe that nobody has opened for writing yet may look as if it had ended, so reading begins after that. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#applyPause();
  }

  #applyPause(): void {
    for (const pipe of this.#pipes) {
      if (this.#paused) pipe.pause();
      else pipe.resume();
    }
  }

  #bytes(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.bytes, 0);
  }
}
