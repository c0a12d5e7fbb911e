// Imported and not global, so that a test with fake timers does not stop the broker.
import { setImmediate } from "node:timers";
import { Ring } from "../ring.ts";

/** Something that can be given a slice of a turn. */
export interface TurnTaker {
  /** Stands in the line, or is having its slice. Belongs to `Turns`. */
  inLine: boolean;
  readonly hasWork: boolean;
  /** Does one piece of work; false where there was none. */
  workOnce(): boolean;
}

/** After so many pieces of work the event loop gets a chance to do I/O and timers. */
const workPerTurn = 512;
/** After so many the next in line gets its slice, so that a queue whose handler feeds it does not keep the turn. */
const workPerSlice = 16;

/** Lets queues deliver, each a slice in its turn, in turns of the event loop of their own: never within the caller. */
export class Turns {
  readonly #line: Ring<TurnTaker> = new Ring();
  #scheduled = false;

  /** To be called whenever there may be work. */
  ask(taker: TurnTaker): void {
    if (taker.inLine || !taker.hasWork) return;
    taker.inLine = true;
    this.#line.push(taker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    let workLeft = workPerTurn;
    while (workLeft > 0) {
      const taker = this.#line.shift();
      if (taker === undefined) break;
      workLeft -= slice(taker);
      taker.inLine = taker.hasWork;
      if (taker.inLine) this.#line.push(taker);
    }
    this.#scheduled = false;
    if (this.#line.length > 0) this.#schedule();
  };
}

/** Returns how much was done, at least 1: a taker without work must not make a turn endless. */
function slice(taker: TurnTaker): number {
  let done = 0;
  while (done < workPerSlice && taker.workOnce()) done += 1;
  return Math.max(done, 1);
}
