// A process with one space of any shape, as `engine/space-process.ts` is one with a space of plain deploys.
import process from "node:process";
import { liveHeapBytes } from "../engine/live-heap.ts";
import type { Shape } from "./shape.ts";
import { GrowthSpace, type LegsCost } from "./space.ts";

/** The only argument of the process, as JSON. */
export interface GrowthOptions {
  readonly targets: number;
  readonly waitingLegs: number;
  readonly legsPerRound: number;
  readonly shape: Shape;
  readonly seed: number;
}

export interface GrowthBuilt {
  readonly type: "built";
  /** Of an engine made from the records of the whole space, over one without tasks. */
  readonly bytes: number;
  readonly loadSeconds: number;
}

export interface GrowthPlayed {
  readonly type: "played";
  readonly cost: LegsCost;
  /** Of all rounds until now. */
  readonly overlaps: number;
  readonly waitingLegs: number;
}

const warmUpRounds = 3;

const options = JSON.parse(process.argv[2] ?? "") as GrowthOptions;
const space = new GrowthSpace(options.targets, options.shape, options.seed);
space.reload();
const bytesBefore = liveHeapBytes();
space.fill(options.waitingLegs);
const loadSeconds = space.reload();
const bytes = liveHeapBytes() - bytesBefore;
for (let round = 0; round < warmUpRounds; round += 1) space.round(options.legsPerRound);

process.on("message", () => {
  const cost = space.round(options.legsPerRound);
  answer({ type: "played", cost, overlaps: space.overlaps, waitingLegs: space.waitingLegs });
});
answer({ type: "built", bytes, loadSeconds });

function answer(message: GrowthBuilt | GrowthPlayed): void {
  process.send?.(message);
}
