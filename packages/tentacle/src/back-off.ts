const firstMs = 100;
const lastMs = 5_000;

/** How long to wait before the next try: doubles up to 5 s, and varies so that many that failed together do not return together. */
export class BackOff {
  #nextMs = firstMs;

  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * 2, lastMs);
    return delayMs * (0.75 + Math.random() / 2);
  }

  reset(): void {
    this.#nextMs = firstMs;
  }
}
