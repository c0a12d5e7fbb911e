// Who looks for what is broken. Each is imported only when it is asked for: what it imports is loaded broken.
import fc from "fast-check";
import { BrokenLaw } from "../../support/laws/broken-law.ts";
import type { JudgeName } from "./mutant.ts";

/** What a checker found. */
export interface Finding {
  /** `null`: something threw, and no law says what is wrong. */
  readonly law: string | null;
  readonly what: string;
}

/** One run: the same seed is the same run. */
export type Judge = (seed: number) => Promise<Finding | null>;

/** What the simulation calls it when something throws: no law says what is wrong then. */
const defect = "no defect";

export const judges: Readonly<Record<JudgeName, () => Promise<Judge>>> = {
  /** The whole system, through faults; the laws are held against what could be seen from outside. */
  simulation: async () => {
    const { simulate } = await import("../simulate.ts");
    return async (seed) => {
      const { violations } = await simulate(seed);
      const [first] = violations;
      if (first === undefined) return null;
      const { law, what } = violations.find((each) => each.law !== defect) ?? first;
      return { law: law === defect ? null : law, what };
    };
  },
  /** Anything happens to an engine, and the laws are held against each decision. */
  laws: async () => judgeOf((await import("../../support/random/property.ts")).everyLawHolds),
  /** Anything happens to an engine, which has to do what a full scan by the rules would do. */
  model: async () => judgeOf((await import("../../support/model/property.ts")).engineIsAsTheRulesSay),
};

/** Each run is short, so a seed stands for some. */
const runsPerSeed = 4;

function judgeOf<Input>(property: fc.IProperty<Input>): Judge {
  return async (seed) => {
    const found = fc.check(property, { seed, numRuns: runsPerSeed, endOnFailure: true });
    if (!found.failed) return null;
    return { law: lawIn(found.errorInstance), what: String(found.errorInstance) };
  };
}

function lawIn(error: unknown): string | null {
  if (error instanceof BrokenLaw) return error.law;
  return error instanceof Error && error.cause !== undefined ? lawIn(error.cause) : null;
}
