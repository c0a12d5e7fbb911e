const capacityMin = 8;

/** First in, first out, in a circular array. What was taken is not held on to, and the array shrinks with what waits in it. */
export class Ring<Item> {
  // The length is always a power of two, so that a mask does the wrapping.
  #slots: (Item | undefined)[] = emptySlots(capacityMin);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The item that `shift` would take after `index` others; `undefined` where there are not so many. */
  at(index: number): Item | undefined {
    return index < this.#length ? this.#slots[(this.#head + index) & (this.#slots.length - 1)] : undefined;
  }

  push(item: Item): void {
    if (this.#length === this.#slots.length) this.#resize(this.#slots.length * 2);
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length += 1;
  }

  /** Takes the oldest item; `undefined` where there is none. */
  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    // A quarter and not half: a length that swings around the border must not copy the array each time.
    if (this.#length < this.#slots.length / 4 && this.#slots.length > capacityMin) {
      this.#resize(this.#slots.length / 2);
    }
    return item;
  }

  clear(): void {
    this.#slots = emptySlots(capacityMin);
    this.#head = 0;
    this.#length = 0;
  }

  #resize(capacity: number): void {
    const slots = emptySlots<Item>(capacity);
    for (let index = 0; index < this.#length; index += 1) {
      slots[index] = this.#slots[(this.#head + index) & (this.#slots.length - 1)];
    }
    this.#slots = slots;
    this.#head = 0;
  }
}

function emptySlots<Item>(capacity: number): (Item | undefined)[] {
  return new Array<Item | undefined>(capacity).fill(undefined);
}
