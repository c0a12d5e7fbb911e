import type { Clock } from "./clock.ts";

/**
 * Notices that the process stood still (suspended, stopped, or busy for long) or that its clock jumped. Nothing can be
 * said then about who was silent meanwhile, because nobody was listened to.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #lastAt: number;
  #timer: NodeJS.Timeout | null = null;
  #missedMs = 0;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#lastAt = clock();
  }

  /** Idempotent. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), this.#everyMs);
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
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Whoever looks first after a standstill, the timer or a batch, finds the gap. */
  #look(): void {
    const now = this.#clock();
    const lateMs = now - this.#lastAt - this.#everyMs;
    if (lateMs > this.#everyMs) this.#missedMs += lateMs;
    this.#lastAt = now;
  }
}
