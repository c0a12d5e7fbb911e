// A fault in the middle of work, as the tests have them: one at a time, and everything is looked at afterwards.
import { expect } from "vitest";
import type { Load } from "../support/crash/load.ts";
import { chosenSeed, seededChance } from "../support/seeded-chance.ts";
import type { Fault } from "./faults/fault.ts";
import { replicaPromotedToHeir } from "./faults/store.ts";
import { findingsOf, judge } from "./judge.ts";
import { findStale, sendStaleReports } from "./stale-reports.ts";
import type { ChaosWorld } from "./world.ts";

const clients = 4;

/** `meanwhile` is called while it is broken. Resolves when all that was enqueued has come to its end, and no law is broken. */
export async function withstand(
  world: ChaosWorld,
  fault: Fault,
  meanwhile: (load: Load) => Promise<void> = async () => {},
): Promise<void> {
  const seed = chosenSeed();
  console.log(`${fault.name}: BERTH_RANDOM_SEED=${seed} repeats what was chosen by chance`);
  const { load, stop } = world.startLoad(fault.name, seed, clients);
  await world.workOn(10);
  const stale = await findStale(world);
  const begunMs = performance.now();
  await world.disturbed(async () => {
    const undo = await fault.befall(world, seededChance(seed));
    await meanwhile(load);
    await undo();
    await world.untilWell();
  });
  console.log(`${fault.name}: all is well again after ${Math.round(performance.now() - begunMs)} ms`);
  // What was over then may be in force again where the store has forgotten for good.
  if (fault !== replicaPromotedToHeir) await sendStaleReports(world, stale);
  await world.workOn(5);
  await stop();
  const verdict = await judge(world);
  expect(findingsOf(verdict, world)).toEqual([]);
  expect(verdict.finished + verdict.parked).toBe(verdict.submitted);
}
