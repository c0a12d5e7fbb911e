/**
 * A binary heap whose items know their place in it, so that any item can leave in logarithmic time. What is added in
 * ascending order, the usual case of both heaps of the engine, moves nothing.
 */
export abstract class IndexedHeap<Item extends object> {
  readonly #items: Item[] = [];

  /** Whether `one` comes before `other`. */
  protected abstract precedes(one: Item, other: Item): boolean;
  protected abstract indexOf(item: Item): number;
  /** -1: the item is not in the heap. */
  protected abstract setIndex(item: Item, index: number): void;

  get size(): number {
    return this.#items.length;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  /** All items, in no particular order. */
  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** The item must be in this heap. */
  remove(item: Item): void {
    const index = this.indexOf(item);
    const last = this.#items.pop();
    this.setIndex(item, -1);
    if (last === undefined || last === item) return;
    this.#rise(last, index);
    this.#sink(last, this.indexOf(last));
  }

  #rise(item: Item, from: number): void {
    const items = this.#items;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex] as Item;
      if (!this.precedes(item, parent)) break;
      items[index] = parent;
      this.setIndex(parent, index);
      index = parentIndex;
    }
    items[index] = item;
    this.setIndex(item, index);
  }

  #sink(item: Item, from: number): void {
    const items = this.#items;
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= items.length) break;
      const right = left + 1;
      const rightIsFirst = right < items.length && this.precedes(items[right] as Item, items[left] as Item);
      const childIndex = rightIsFirst ? right : left;
      const child = items[childIndex] as Item;
      if (!this.precedes(child, item)) break;
      items[index] = child;
      this.setIndex(child, index);
      index = childIndex;
    }
    items[index] = item;
    this.setIndex(item, index);
  }
}
