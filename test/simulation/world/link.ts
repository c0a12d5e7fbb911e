import type { Scheduler } from "./scheduler.ts";

/** One direction of a connection: what is sent arrives later, in its order, until the link is cut. */
export class Link {
  readonly #scheduler: Scheduler;
  readonly #what: string;
  readonly #delayMs: () => number;
  #underWay: (() => void)[] = [];
  #lastAt = 0;

  constructor(scheduler: Scheduler, what: string, delayMs: () => number) {
    this.#scheduler = scheduler;
    this.#what = what;
    this.#delayMs = delayMs;
  }

  send(arrive: () => void): void {
    const { now } = this.#scheduler;
    this.#lastAt = Math.max(this.#lastAt, now + this.#delayMs());
    this.#underWay.push(arrive);
    // Each event takes what stands first: so the order holds, whichever of an instant happens first.
    this.#scheduler.after(this.#lastAt - now, this.#what, () => this.#underWay.shift()?.());
  }

  /** What is under way never arrives. */
  cut(): void {
    this.#underWay = [];
  }
}
