// The engine grants what a full scan would grant that does nothing but what the rules say.
import fc from "fast-check";
import { type Action, play, weights } from "./action.ts";
import { Pair } from "./pair.ts";

const draws = fc.array(fc.nat({ max: 96 }), { minLength: 20, maxLength: 20 });
const action: fc.Arbitrary<Action> = fc.oneof(
  ...Object.entries(weights).map(([type, weight]) => ({
    weight,
    arbitrary: fc.record({ type: fc.constant(type as Action["type"]), draws }),
  })),
);

/** Targets and a tentacle are there from the start, so that short runs show something, too. */
const opening: readonly Action[] = [0, 1, 2]
  .map((target): Action => ({ type: "putTarget", draws: [target, 0, 0, 3 - target] }))
  .concat({ type: "openSession", draws: [0, 0, 0, 3] });

export const engineIsAsTheRulesSay: fc.IProperty<[Action[]]> = fc.property(
  fc.array(action, { maxLength: 160, size: "max" }),
  (actions) => {
    const pair = new Pair();
    for (const each of [...opening, ...actions]) play(pair, each);
  },
);
