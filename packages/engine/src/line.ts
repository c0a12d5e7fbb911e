import { IndexedHeap } from "./heap.ts";
import type { Leg } from "./state.ts";

/**
 * The order law: priority class first, then the order of submit. A retry keeps both, so it keeps its place. Legs of one
 * task go in the order of its targets.
 */
export function precedes(one: Leg, other: Leg): boolean {
  const a = one.task;
  const b = other.task;
  if (a === b) return one.number < other.number;
  return a.rank < b.rank || (a.rank === b.rank && a.order < b.order);
}

/** Legs in the order of their places, in whatever order they come. A leg is in one of these, or in one line, at most. */
export class LegHeap extends IndexedHeap<Leg> {
  protected override precedes(one: Leg, other: Leg): boolean {
    return precedes(one, other);
  }

  protected override indexOf(leg: Leg): number {
    return leg.lineIndex / 2;
  }

  protected override setIndex(leg: Leg, index: number): void {
    leg.lineIndex = index < 0 ? -1 : 2 * index;
  }
}

/**
 * The legs that are ready and wait for their turn, first one first. Nearly all come in the order of their places: those
 * stand in a plain queue, so that taking the first one touches no other, of which a long backlog has many that are in no
 * cache. Only what comes out of order goes into a heap.
 */
export class LegLine {
  /** In the order of their places. Who has left leaves a gap. */
  readonly #queue: (Leg | undefined)[] = [];
  /** Where the first one stands. */
  #head = 0;
  /** How many places have been cut off before the queue. */
  #cut = 0;
  #count = 0;
  /** The place of the last one that came in order. */
  #rank = 0;
  #order = 0;
  #number = 0;
  #late: LegHeap | null = null;

  get size(): number {
    return this.#count + (this.#late === null ? 0 : this.#late.size);
  }

  get first(): Leg | undefined {
    const inOrder = this.#queue[this.#head];
    const late = this.#late?.first;
    if (inOrder === undefined || late === undefined) return inOrder ?? late;
    return precedes(late, inOrder) ? late : inOrder;
  }

  /** All legs, in no particular order. */
  *values(): Generator<Leg> {
    for (const leg of this.#queue) if (leg !== undefined) yield leg;
    if (this.#late !== null) yield* this.#late.values();
  }

  add(leg: Leg): void {
    if (this.#count > 0 && !this.#comesInOrder(leg)) {
      this.#late ??= new LegHeap();
      this.#late.add(leg);
      return;
    }
    ({ rank: this.#rank, order: this.#order } = leg.task);
    this.#number = leg.number;
    // Odd, where the places in a heap are even.
    leg.lineIndex = 2 * (this.#cut + this.#queue.length) + 1;
    this.#queue.push(leg);
    this.#count += 1;
  }

  /** The leg must be in this line. */
  remove(leg: Leg): void {
    if (leg.lineIndex % 2 === 0) {
      this.#late?.remove(leg);
      if (this.#late?.size === 0) this.#late = null;
      return;
    }
    this.#queue[(leg.lineIndex - 1) / 2 - this.#cut] = undefined;
    leg.lineIndex = -1;
    this.#count -= 1;
    this.#closeUp();
  }

  #comesInOrder({ task, number }: Leg): boolean {
    if (task.rank !== this.#rank) return task.rank > this.#rank;
    return task.order > this.#order || (task.order === this.#order && number > this.#number);
  }

  #closeUp(): void {
    const queue = this.#queue;
    while (this.#head < queue.length && queue[this.#head] === undefined) this.#head += 1;
    if (this.#count > 0 && this.#head < Math.max(cutMin, queue.length / 2)) return;
    this.#cut += this.#head;
    if (this.#count === 0) queue.length = 0;
    else queue.splice(0, this.#head);
    this.#head = 0;
  }
}

/** Cutting off fewer would be done too often. */
const cutMin = 16;
