/** Work that is done one after the other, a line for each name. */
export class Lines {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Begins when all before it in this line is over, whatever came of that. */
  add<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(name);
    const result = before === undefined ? work() : before.then(work, work);
    const over = result.then(
      () => {},
      () => {},
    );
    this.#last.set(name, over);
    void over.then(() => {
      if (this.#last.get(name) === over) this.#last.delete(name);
    });
    return result;
  }

  /** Resolves when all that is in the line now is over; `null`: there is nothing. */
  over(name: string): Promise<unknown> | null {
    return this.#last.get(name) ?? null;
  }
}
