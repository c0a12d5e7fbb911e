// The engine grants what a full scan would grant that does nothing but what the rules say. A failure prints its seed and the
// smallest run that shows it, as a list of commands. BERTH_MODEL_RUNS=20000 looks longer than `npm test` does; BERTH_MODEL_SEED=1
// repeats a run.
import fc from "fast-check";
import { test } from "vitest";
import { engineIsAsTheRulesSay } from "../support/model/property.ts";

const runs = Number(process.env.BERTH_MODEL_RUNS ?? 60);
const seed = process.env.BERTH_MODEL_SEED;

test("the engine grants what a full scan by the rules would grant", { timeout: 0 }, () => {
  fc.assert(engineIsAsTheRulesSay, {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
});
