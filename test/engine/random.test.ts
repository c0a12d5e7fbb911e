// Anything may happen to a space in any order, and every law holds after each command. A failure prints its seed and the smallest
// run that shows it. `npm test` plays always the same runs, so that a failure is one of the change that was made;
// BERTH_RANDOM_RUNS=20000 looks at so many others, and BERTH_RANDOM_SEED=1 repeats those of a seed.
import fc from "fast-check";
import { test } from "vitest";
import { everyLawHolds } from "../support/random/property.ts";

const { BERTH_RANDOM_RUNS: runs, BERTH_RANDOM_SEED: seed = runs === undefined ? "1" : undefined } =
  process.env;

test("every law holds whatever happens, and what is not in the way of anything ends", { timeout: 0 }, () => {
  fc.assert(everyLawHolds, {
    numRuns: Number(runs ?? 80),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
});
