import { monotonicMs } from "../clock.ts";

interface Waiting {
  readonly due: number;
  readonly leave: () => void;
}

/**
 * Whatever enters leaves in the same order, once this time has passed. Many lines in a process need one timer each only while
 * something is in them. Node's timers are a little late, by up to a millisecond: what is really added has to be measured.
 */
export class DelayLine {
  readonly #delayMs: number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  enter(leave: () => void): void {
    this.#waiting.push({ due: monotonicMs() + this.#delayMs, leave });
    this.#timer ??= setTimeout(this.#release, this.#delayMs);
  }

  /** What is in it never leaves. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
  }

  readonly #release = (): void => {
    const now = monotonicMs();
    const next = this.#waiting.findIndex(({ due }) => due > now);
    const left = this.#waiting.splice(0, next === -1 ? this.#waiting.length : next);
    const remaining = this.#waiting[0];
    this.#timer = remaining === undefined ? null : setTimeout(this.#release, remaining.due - now);
    for (const { leave } of left) leave();
  };
}
