import { after } from "./timing.ts";

/** One timer that can only be brought forward. */
export class Deadline {
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  /** Nothing happens where an earlier time has been set before. */
  set(delayMs: number, action: () => void): void {
    const atMs = performance.now() + delayMs;
    if (atMs >= this.#atMs) return;
    this.#cancel();
    this.#atMs = atMs;
    this.#cancel = after(delayMs, action);
  }

  clear(): void {
    this.#cancel();
  }
}
