import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";

/** The end of a named pipe from which the output of a script is read. */
export class OutputPipe {
  /** Resolves when the last writer has closed it, or `destroy` was called. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #bytes = 0;
  #paused = true;

  /** Opens the pipe, so that a writer can open it too. Nothing is read yet. */
  constructor(path: string, onData: (chunk: Buffer) => void) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      this.#socket = new Socket({ fd, readable: true, writable: false });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.closed = new Promise((resolve) => this.#socket.once("close", () => resolve()));
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.length;
      onData(chunk);
    });
    this.#socket.pause();
  }

  get paused(): boolean {
    return this.#paused;
  }

  get bytes(): number {
    return this.#bytes;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
