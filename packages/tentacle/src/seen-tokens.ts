/** The attempts that are over here, as far as a second copy of their delivery may still come. */
export class SeenTokens {
  readonly #generationMax: number;
  #young: Set<string> = new Set();
  #old: Set<string> = new Set();

  /** Remembers at least the last `countMin`, and never more than twice as many. */
  constructor(countMin: number) {
    this.#generationMax = countMin;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  add(key: string): void {
    // Whole generations are forgotten, since a set that loses its oldest entry each time gets slow.
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(key);
  }
}

/** Tokens grow per slot, so only together with the leg does one name an attempt. */
export function tokenKey(leg: string, token: string): string {
  return `${leg} ${token}`;
}
