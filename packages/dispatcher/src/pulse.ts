import type { Cancel, Timing } from "./timing.ts";

/**
 * Notices that the process stood still (suspended, stopped, or busy for long) or that its clock jumped. Nothing can be
 * said then about who was silent meanwhile, because nobody was listened to. Leases are counted by the clock, so they are
 * longer by exactly what it jumped; of a standstill nobody knows when it began, so all counts since it was last looked.
 */
export class Pulse {
  readonly #timing: Timing;
  readonly #everyMs: number;
  #lastAt: number;
  #lastElapsed: number;
  #cancel: Cancel | null = null;
  #missedMs = 0;

  constructor(timing: Timing, everyMs: number) {
    this.#timing = timing;
    this.#everyMs = everyMs;
    this.#lastAt = timing.now();
    this.#lastElapsed = timing.elapsed();
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
    const elapsed = this.#timing.elapsed();
    const gapMs = elapsed - this.#lastElapsed;
    const jumpMs = Math.round(now - this.#lastAt - gapMs);
    if (jumpMs > clockToleranceMs) this.#missedMs += jumpMs;
    if (gapMs > 2 * this.#everyMs) this.#missedMs += Math.ceil(gapMs);
    this.#lastAt = now;
    this.#lastElapsed = elapsed;
  }
}

/** What a clock gains while it is slowly set right, and what two readings of it differ by. */
const clockToleranceMs = 5;
