// Anything may happen to a space in any order, and every law holds after each command. A failure prints its seed and the smallest
// run that shows it. BERTH_RANDOM_RUNS=20000 looks longer than `npm test` does; BERTH_RANDOM_SEED=1 repeats a run.
import fc from "fast-check";
import { test } from "vitest";
import { type Action, play, weights } from "../support/random/action.ts";
import { finishEverything } from "../support/random/finish.ts";
import { RandomSpace } from "../support/random/space.ts";

const runs = Number(process.env.BERTH_RANDOM_RUNS ?? 80);
const seed = process.env.BERTH_RANDOM_SEED;

const number = fc.nat({ max: 99 });
const action: fc.Arbitrary<Action> = fc.oneof(
  ...Object.entries(weights).map(([type, weight]) => ({
    weight,
    arbitrary: fc.record({ type: fc.constant(type as Action["type"]), a: number, b: number, c: number }),
  })),
);

/** Some targets and tentacles are there from the start, so that short runs show something too. */
const opening: readonly Action[] = [
  { type: "putTarget", a: 0, b: 1, c: 1 },
  { type: "putTarget", a: 1, b: 1, c: 1 },
  { type: "putTarget", a: 2, b: 1, c: 1 },
  { type: "openSession", a: 1, b: 1, c: 1 },
];

test("every law holds whatever happens, and what is not in the way of anything ends", { timeout: 0 }, () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120, size: "max" }), (actions) => {
      const space = new RandomSpace();
      for (const each of [...opening, ...actions]) play(space, each);
      finishEverything(space);
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
});
