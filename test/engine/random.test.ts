// Anything may happen to a space in any order, and every law holds after each command. A failure prints its seed and the smallest
// run that shows it. BERTH_RANDOM_RUNS=20000 looks longer than `npm test` does; BERTH_RANDOM_SEED=1 repeats a run.
import fc from "fast-check";
import { test } from "vitest";
import { everyLawHolds } from "../support/random/property.ts";

const runs = Number(process.env.BERTH_RANDOM_RUNS ?? 80);
const seed = process.env.BERTH_RANDOM_SEED;

test("every law holds whatever happens, and what is not in the way of anything ends", { timeout: 0 }, () => {
  fc.assert(everyLawHolds, { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) });
});
