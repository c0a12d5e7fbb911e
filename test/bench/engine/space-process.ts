// A process with one space, so that its heap, and the work of the garbage collector, are those of this space alone. It
// builds the space, says so, and then plays a round whenever it is asked to.
import process from "node:process";
import { liveHeapBytes } from "./live-heap.ts";
import { type RoundCost, Space } from "./space.ts";
import { Visits } from "./visits.ts";

/** The only argument of the process, as JSON. */
export interface SpaceOptions {
  readonly targets: number;
  readonly waitingLegs: number;
  readonly tasksPerRound: number;
  readonly seed: number;
}

export interface Built {
  readonly type: "built";
  /** Of each time that an engine was made from the records of the whole space. */
  readonly loadSeconds: readonly number[];
  /** Of an engine that has been loaded, over one without waiting legs. */
  readonly bytesPerWaitingLeg: number;
}

export interface Played {
  readonly type: "played";
  readonly cost: RoundCost;
  /** Of all rounds until now. */
  readonly overlaps: number;
  readonly waitingLegs: number;
}

const loads = 3;

const options = JSON.parse(process.argv[2] ?? "") as SpaceOptions;
const space = new Space(options.targets);
// With the same history as the loaded space below, but for the legs.
space.reload(1);
const bytesWithoutLegs = liveHeapBytes();
space.fill(options.waitingLegs);
const loadSeconds = space.reload(loads);
const bytesPerWaitingLeg = (liveHeapBytes() - bytesWithoutLegs) / options.waitingLegs;
const visits = new Visits(space.targets, options.seed);
// Not counted: the hottest code is compiled while it runs, and each target gets into the state of a space at work.
space.round(visits.take(options.targets));

process.on("message", () => {
  const cost = space.round(visits.take(options.tasksPerRound));
  answer({ type: "played", cost, overlaps: space.overlaps, waitingLegs: space.waitingLegs });
});
answer({ type: "built", loadSeconds, bytesPerWaitingLeg });

function answer(message: Built | Played): void {
  process.send?.(message);
}
