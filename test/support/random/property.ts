// Anything may happen to a space in any order, and every law holds after each command.
import fc from "fast-check";
import { type Action, play, weights } from "./action.ts";
import { finishEverything } from "./finish.ts";
import { RandomSpace } from "./space.ts";

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

export const everyLawHolds: fc.IProperty<[Action[]]> = fc.property(
  fc.array(action, { maxLength: 120, size: "max" }),
  (actions) => {
    const space = new RandomSpace();
    for (const each of [...opening, ...actions]) play(space, each);
    finishEverything(space);
  },
);
