/** Gathers what happens while its only reader is busy. */
export class Mailbox<Item> {
  #items: Item[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  put(item: Item): void {
    this.#items.push(item);
    this.#wake();
  }

  /** The reader gets the error after all that was put before. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  /** All that has gathered; waits for it if there is nothing. */
  async take(): Promise<readonly Item[]> {
    while (this.#items.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#items;
    this.#items = [];
    return taken;
  }
}
