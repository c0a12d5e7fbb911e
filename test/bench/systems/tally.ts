/** Counts, and tells when a count is reached. */
export class Tally {
  #count = 0;
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  add(): void {
    this.#count += 1;
    for (const { count, resolve } of this.#waiters) if (count === this.#count) resolve();
  }

  /** Resolves when there are so many. */
  reached(count: number): Promise<void> {
    if (this.#count >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters = [...this.#waiters.filter((waiter) => waiter.count > this.#count), { count, resolve }];
    return promise;
  }
}
