import type { StoredMessage } from "./stored-message.ts";

/**
 * Messages that came back to a queue, lowest sequence first: a binary heap, since a consumer gives them back in any order.
 * A queue delivers in order, so each of these stands ahead of every message that was never delivered.
 */
export class ReturnedMessages {
  readonly #heap: StoredMessage[] = [];

  get length(): number {
    return this.#heap.length;
  }

  push(message: StoredMessage): void {
    let index = this.#heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (parent === undefined || parent.sequence < message.sequence) break;
      this.#heap[index] = parent;
      index = parentIndex;
    }
    this.#heap[index] = message;
  }

  /** Takes the message with the lowest sequence; `undefined` where there is none. */
  shift(): StoredMessage | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sinkFromTop(last);
    return first;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #sinkFromTop(message: StoredMessage): void {
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = this.#heap[leftIndex];
      if (left === undefined) break;
      const right = this.#heap[leftIndex + 1];
      const useRight = right !== undefined && right.sequence < left.sequence;
      const child = useRight ? right : left;
      if (message.sequence < child.sequence) break;
      this.#heap[index] = child;
      index = useRight ? leftIndex + 1 : leftIndex;
    }
    this.#heap[index] = message;
  }
}
