import { IndexedHeap } from "./heap.ts";
import type { Hold, Leg, Session } from "./state.ts";

/** Something that has one timer at a time. Only the heap of timers writes these fields. */
export interface Timed {
  timerAt: number;
  /** Place in the heap; -1: no timer is set. */
  timerIndex: number;
  /** Among timers of one instant, the one that was set first fires first, so that runs can be repeated exactly. */
  timerOrder: number;
}

export type TimedThing = Leg | Session | Hold;

class Heap extends IndexedHeap<TimedThing> {
  protected override precedes(one: Timed, other: Timed): boolean {
    return (
      one.timerAt < other.timerAt || (one.timerAt === other.timerAt && one.timerOrder < other.timerOrder)
    );
  }

  protected override indexOf(thing: Timed): number {
    return thing.timerIndex;
  }

  protected override setIndex(thing: Timed, index: number): void {
    thing.timerIndex = index;
  }
}

/** The timers of a space. Each thing has at most one, so a leg that ended leaves nothing behind. */
export class Timers {
  readonly #heap = new Heap();
  #order = 0;

  get nextAt(): number | null {
    return this.#heap.first?.timerAt ?? null;
  }

  /** Sets, moves or (with `null`) clears the timer of a thing. */
  set(thing: TimedThing, at: number | null): void {
    if (thing.timerIndex >= 0) {
      if (thing.timerAt === at) return;
      this.#heap.remove(thing);
    }
    if (at === null) return;
    thing.timerAt = at;
    thing.timerOrder = this.#order++;
    this.#heap.add(thing);
  }

  /** Takes the next thing whose timer is due at `now`; `null` where none is. */
  takeDue(now: number): TimedThing | null {
    const next = this.#heap.first;
    if (next === undefined || next.timerAt > now) return null;
    this.#heap.remove(next);
    return next;
  }
}
