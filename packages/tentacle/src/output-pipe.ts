import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Pipe } from "./pipe-pool.ts";

/** The output of a script, on one of its streams. */
export class OutputPipe {
  /** For the script to inherit. */
  readonly writer: number;
  /** Resolves when the last writer has closed it, or `destroy` was called. */
  readonly closed: Promise<void>;
  readonly #reader: Socket;
  #writerOpen = true;
  #bytes = 0;

  /** Reads at once. */
  constructor({ reader, writer }: Pipe, onData: (chunk: Buffer) => void) {
    this.writer = writer;
    this.#reader = new Socket({ fd: reader, readable: true, writable: false });
    this.closed = new Promise((resolve) => this.#reader.once("close", () => resolve()));
    this.#reader.on("error", () => {});
    this.#reader.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      onData(chunk);
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The script has it: only its end counts from now on. */
  closeWriter(): void {
    if (this.#writerOpen) closeSync(this.writer);
    this.#writerOpen = false;
  }

  pause(paused: boolean): void {
    if (paused) this.#reader.pause();
    else this.#reader.resume();
  }

  destroy(): void {
    this.closeWriter();
    this.#reader.destroy();
  }
}
