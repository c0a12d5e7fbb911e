import { seededChance } from "../../support/seeded-chance.ts";

/**
 * Which targets to visit next, in an order without a pattern: what is far apart in memory is asked for as by many
 * machines that know nothing of each other. All are visited before any is visited again, but for what is left of a turn
 * that is shorter than the next visit.
 */
export class Visits<Target> {
  readonly #targets: Target[];
  readonly #chance: () => number;
  #next = 0;

  constructor(targets: readonly Target[], seed: number) {
    this.#targets = [...targets];
    this.#chance = seededChance(seed);
    this.#shuffle();
  }

  /** So many different targets; at most all. */
  take(count: number): Target[] {
    if (this.#next + count > this.#targets.length) this.#shuffle();
    this.#next += count;
    return this.#targets.slice(this.#next - count, this.#next);
  }

  /** Fisher and Yates. */
  #shuffle(): void {
    const targets = this.#targets;
    for (let last = targets.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.#chance() * (last + 1));
      [targets[last], targets[other]] = [targets[other] as Target, targets[last] as Target];
    }
    this.#next = 0;
  }
}
