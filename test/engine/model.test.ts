// The engine grants what a full scan would grant that does nothing but what the rules say. A failure prints its seed and the
// smallest run that shows it, as a list of commands. BERTH_MODEL_RUNS=20000 looks longer than `npm test` does; BERTH_MODEL_SEED=1
// repeats a run.
import fc from "fast-check";
import { test } from "vitest";
import { type Action, play, weights } from "../support/model/action.ts";
import { Pair } from "../support/model/pair.ts";

const runs = Number(process.env.BERTH_MODEL_RUNS ?? 60);
const seed = process.env.BERTH_MODEL_SEED;

const draws = fc.array(fc.nat({ max: 99 }), { minLength: 14, maxLength: 14 });
const action: fc.Arbitrary<Action> = fc.oneof(
  ...Object.entries(weights).map(([type, weight]) => ({
    weight,
    arbitrary: fc.record({ type: fc.constant(type as Action["type"]), draws }),
  })),
);

/** Targets and a tentacle are there from the start, so that short runs show something, too. */
const opening: readonly Action[] = [0, 1, 2]
  .map((target): Action => ({ type: "putTarget", draws: [target] }))
  .concat({ type: "openSession", draws: [0, 0, 0, 2] });

test("the engine grants what a full scan by the rules would grant", { timeout: 0 }, () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 110, size: "max" }), (actions) => {
      const pair = new Pair();
      for (const each of [...opening, ...actions]) play(pair, each);
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
});
