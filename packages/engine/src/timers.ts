import { IndexedHeap } from "./heap.ts";
import type { Hold, Leg, Schedule, Session } from "./state.ts";
import type { VersionRelease } from "./version-release.ts";

/** Something that has one timer at a time. Only the heap of timers writes these fields. */
export interface Timed {
  timerAt: number;
  /** Place in the heap; -1: no timer is set. */
  timerIndex: number;
  /** Which of the two heaps it is in. */
  timerEnds: boolean;
  /** Among timers of one instant, the one that was set first fires first, so that runs can be repeated exactly. */
  timerOrder: number;
}

export type TimedThing = Leg | Session | Hold | Schedule | VersionRelease;

class Heap extends IndexedHeap<TimedThing> {
  protected override precedes(one: Timed, other: Timed): boolean {
    return precedes(one, other);
  }

  protected override indexOf(thing: Timed): number {
    return thing.timerIndex;
  }

  protected override setIndex(thing: Timed, index: number): void {
    thing.timerIndex = index;
  }
}

/**
 * The timers of a space. Each thing has at most one, so a leg that ended leaves nothing behind.
 *
 * Those of holds and of waiting legs decide what may start, so they fire before any command of their time or a later one:
 * nothing may start under a hold that has begun. Those that end what is under way (leases, timeouts, deadlines of a
 * cancel) wait for a tick: a heartbeat or a result that came a little late still counts, if nothing was decided yet.
 */
export class Timers {
  readonly #starts = new Heap();
  readonly #ends = new Heap();
  #order = 0;

  get nextAt(): number | null {
    return first(this.#starts.first, this.#ends.first)?.timerAt ?? null;
  }

  /** Sets, moves or (with `null`) clears the timer of a thing. */
  set(thing: TimedThing, at: number | null): void {
    const ends = endsSomething(thing);
    if (thing.timerIndex >= 0) {
      if (thing.timerAt === at && thing.timerEnds === ends) return;
      this.#heapOf(thing).remove(thing);
    }
    if (at === null) return;
    thing.timerAt = at;
    thing.timerEnds = ends;
    thing.timerOrder = this.#order++;
    this.#heapOf(thing).add(thing);
  }

  /** Takes the next thing whose timer is due at `now`; `null` where none is. */
  takeDue(now: number): TimedThing | null {
    return this.#take(first(this.#starts.first, this.#ends.first), now);
  }

  /** The same, but only of those that decide what may start. */
  takeDueStart(now: number): TimedThing | null {
    return this.#take(this.#starts.first, now);
  }

  #take(next: TimedThing | undefined, now: number): TimedThing | null {
    if (next === undefined || next.timerAt > now) return null;
    this.#heapOf(next).remove(next);
    return next;
  }

  #heapOf(thing: Timed): Heap {
    return thing.timerEnds ? this.#ends : this.#starts;
  }
}

function endsSomething(thing: TimedThing): boolean {
  return thing.timed === "session" || (thing.timed === "leg" && thing.state !== "waiting");
}

function first(one: TimedThing | undefined, other: TimedThing | undefined): TimedThing | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return precedes(one, other) ? one : other;
}

function precedes(one: Timed, other: Timed): boolean {
  return one.timerAt < other.timerAt || (one.timerAt === other.timerAt && one.timerOrder < other.timerOrder);
}
