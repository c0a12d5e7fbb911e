import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ProcessStream } from "./output.ts";
import { OutputPipe } from "./output-pipe.ts";
import type { PipePool } from "./pipe-pool.ts";
import { within } from "./timing.ts";

const gate = fileURLToPath(new URL("./gate.sh", import.meta.url));

/** When the process is gone and nothing came for so long, what still holds its pipes open has left its group. */
const quietMs = 250;
/** More than any pipe holds: what comes beyond was not written by the process that is gone. */
const pipeBytesMax = 1024 * 1024;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatedProcessOptions {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly pipes: PipePool;
  readonly onOutput: (stream: ProcessStream, chunk: Buffer) => void;
}

/** A process in a group of its own that does not start before `go`. */
export class GatedProcess {
  /** Number of the process and of its group. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #gate: Duplex;
  readonly #pipes: readonly OutputPipe[];
  #paused = false;

  static async spawn(options: GatedProcessOptions): Promise<GatedProcess> {
    const { onOutput, pipes: pool } = options;
    const pipes: OutputPipe[] = [];
    try {
      for (const stream of ["stdout", "stderr"] as const) {
        pipes.push(new OutputPipe(await pool.take(), (chunk) => onOutput(stream, chunk)));
      }
      return await spawnGate(options, pipes);
    } catch (error) {
      for (const pipe of pipes) pipe.destroy();
      throw error;
    } finally {
      for (const pipe of pipes) pipe.closeWriter();
    }
  }

  constructor(child: ChildProcess, pid: number, pipes: readonly OutputPipe[]) {
    this.pid = pid;
    this.#pipes = pipes;
    this.exited = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        resolve({ code, signal });
      }),
    );
    // It cannot be signalled or written to any more: `exited` tells.
    child.on("error", () => {});
    this.#gate = child.stdio[3] as Duplex;
    this.#gate.on("error", () => {});
  }

  go(): void {
    this.#gate.end("go\n");
  }

  pauseOutput(paused: boolean): void {
    this.#paused = paused;
    for (const pipe of this.#pipes) pipe.pause(paused);
  }

  /**
   * To be called after the exit. Resolves when all output has been read; what a process that left the group may still
   * write is not waited for.
   */
  async drain(): Promise<void> {
    const closed = Promise.all(this.#pipes.map((pipe) => pipe.closed));
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

  #bytes(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.bytes, 0);
  }
}

function spawnGate(
  { command, folder, environment }: GatedProcessOptions,
  pipes: readonly OutputPipe[],
): Promise<GatedProcess> {
  const child = spawn("/bin/sh", [gate, ...command], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", ...pipes.map((pipe) => pipe.writer), "pipe"],
  });
  return new Promise((resolve, reject) => {
    if (child.pid === undefined) child.once("error", reject);
    else resolve(new GatedProcess(child, child.pid, pipes));
  });
}
