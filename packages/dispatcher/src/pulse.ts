import type { Cancel, Timing } from "./timing.ts";

/**
 * Notices that the process stood still (suspended, stopped, or busy for long) or that its clock jumped. Nothing can be
 * said then about who was silent meanwhile, because nobody was listened to.
 */
export class Pulse {
  readonly #timing: Timing;
  readonly #everyMs: number;
  #lastAt: number;
  #cancel: Cancel | null = null;
  #missedMs = 0;

  constructor(timing: Timing, everyMs: number) {
    this.#timing = timing;
    this.#everyMs = everyMs;
    this.#lastAt = timing.now();
  }

  /** Idempotent. */
  start(): void {
    this.#cancel ??= this.#timing.every(this.#everyMs, () => this.#look());
  }

  /** For how long it stood still since it was last asked; 0: not for longer than a beat. */
  takeStandstillMs(): number {
    this.#look();
    const missedMs = this.#missedMs;
    this.#missedMs = 0;
    return missedMs;
  }

  /** The process ran, but nothing was listened to for so long, e.g. because the store was slow. */
  wasDeaf(ms: number): void {
    if (ms > this.#everyMs) this.#missedMs += ms;
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Whoever looks first after a standstill, the timer or a batch, finds the gap. */
  #look(): void {
    const now = this.#timing.now();
    const lateMs = now - this.#lastAt - this.#everyMs;
    if (lateMs > this.#everyMs) this.#missedMs += lateMs;
    this.#lastAt = now;
  }
}
