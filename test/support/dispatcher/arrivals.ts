/** Wakes whoever waits for something to have come. */
export class Arrivals {
  readonly #waiting: Set<() => void> = new Set();

  announce(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves with what `look` finds, as soon as it finds something. */
  async until<Found>(look: () => Found | undefined | null | false): Promise<Found> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== null && found !== false) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}
