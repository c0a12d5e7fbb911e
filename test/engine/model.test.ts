// The engine grants what a full scan would grant that does nothing but what the rules say. A failure prints its seed and the
// smallest run that shows it, as a list of commands. `npm test` plays always the same runs, so that a failure is one of the change
// that was made; BERTH_MODEL_RUNS=20000 looks at so many others, and BERTH_MODEL_SEED=1 repeats those of a seed.
import fc from "fast-check";
import { test } from "vitest";
import { engineIsAsTheRulesSay } from "../support/model/property.ts";

const { BERTH_MODEL_RUNS: runs, BERTH_MODEL_SEED: seed = runs === undefined ? "1" : undefined } = process.env;

test("the engine grants what a full scan by the rules would grant", { timeout: 0 }, () => {
  fc.assert(engineIsAsTheRulesSay, {
    numRuns: Number(runs ?? 60),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
});
