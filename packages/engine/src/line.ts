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

/** The legs that are ready and wait for their turn, first one first. A leg is in one line at most. */
export class LegHeap extends IndexedHeap<Leg> {
  protected override precedes(one: Leg, other: Leg): boolean {
    return precedes(one, other);
  }

  protected override indexOf(leg: Leg): number {
    return leg.lineIndex;
  }

  protected override setIndex(leg: Leg, index: number): void {
    leg.lineIndex = index;
  }
}
