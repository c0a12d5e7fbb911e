import type { Chance } from "./chance.ts";

export type Cancel = () => void;

interface Event {
  readonly at: number;
  /** Decides among events of one instant. */
  readonly tie: number;
  readonly what: string;
  run: (() => void) | null;
}

/** Events that never come to an end are a defect of what is simulated, or of the simulation. */
export class Stalemate extends Error {
  override readonly name = "Stalemate";
}

/**
 * The one source of time and order. An event happens at a whole millisecond; which one of an instant comes first is
 * drawn. Between two events everything that was promised is settled, so that each event sees a world at rest.
 */
export class Scheduler {
  /** The true time, ms. No machine of the simulation can see it; each has a clock of its own. */
  now: number;
  /** A hash of all that has happened, in its order. */
  trace = 0x811c9dc5;
  events = 0;
  readonly #chance: Chance;
  readonly #heap: Event[] = [];
  #onAdded: () => void = () => {};

  constructor(chance: Chance, startAt: number) {
    this.#chance = chance;
    this.now = startAt;
  }

  /** Calls `run` after `ms`, in an event of its own. `what` names it in traces. */
  after(ms: number, what: string, run: () => void): Cancel {
    const event: Event = { at: this.now + Math.max(0, Math.ceil(ms)), tie: this.#chance.float(), what, run };
    this.#push(event);
    this.#onAdded();
    return () => {
      event.run = null;
    };
  }

  /** Notes in the trace that something happened. */
  note(what: string): void {
    let hash = this.trace;
    for (let index = 0; index < what.length; index += 1) {
      hash = Math.imul(hash ^ what.charCodeAt(index), 0x01000193);
    }
    this.trace = Math.imul(hash ^ this.now, 0x01000193) >>> 0;
  }

  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  /** Runs all events up to a time, or until `isDone`. Rejects with what an event throws. */
  runUntil(time: number, isDone: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        const nextAt = this.nextAt;
        if (nextAt === null || nextAt > time || isDone()) {
          if (nextAt === null || nextAt > time) this.now = Math.max(this.now, time);
          resolve();
          return;
        }
        try {
          this.runNext();
        } catch (error) {
          reject(error as Error);
          return;
        }
        queueMicrotask(again);
      };
      // A tick begins when no microtask is left: a turn of the event loop between two events would cost ten times as much.
      const again = (): void => process.nextTick(step);
      again();
    });
  }

  runNext(): void {
    const event = this.#pop();
    if (event === undefined || event.run === null) return;
    this.now = Math.max(this.now, event.at);
    this.events += 1;
    this.note(event.what);
    event.run();
  }

  /** For tests that wait in real time: `listener` hears of each new event. */
  onAdded(listener: () => void): void {
    this.#onAdded = listener;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!precedes(event, heap[parent] as Event)) break;
      heap[index] = heap[parent] as Event;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!precedes(heap[child] as Event, last)) break;
      heap[index] = heap[child] as Event;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function precedes(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.tie < other.tie);
}
