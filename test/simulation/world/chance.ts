import { seededChance } from "../../support/seeded-chance.ts";

/** All chance of one part of a run. Each part has its own, so that a change of one does not shift all the others. */
export class Chance {
  readonly float: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.float = seededChance(seed);
  }

  /** The chance of a part: always the same for the same seed and name. */
  of(part: string): Chance {
    let hash = this.#seed | 0;
    for (let index = 0; index < part.length; index += 1) {
      hash = Math.imul(hash ^ part.charCodeAt(index), 0x01000193);
    }
    return new Chance(hash ^ (hash >>> 15));
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1));
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return probability > 0 && this.float() < probability;
  }

  pick<Item>(list: readonly Item[]): Item {
    if (list.length === 0) throw new Error("there is nothing to pick from");
    return list[Math.floor(this.float() * list.length)] as Item;
  }

  /** Some of them, in their order, each with this probability. */
  some<Item>(list: readonly Item[], probability: number): Item[] {
    return list.filter(() => this.happens(probability));
  }

  /** One of the keys, as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(weights) as [Key, number][];
    let rest = this.float() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      rest -= weight;
      if (rest < 0) return key;
    }
    throw new Error("no weight is more than 0");
  }
}
