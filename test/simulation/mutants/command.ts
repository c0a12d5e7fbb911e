// `npm run sim -- --mutants [--only TEXT] [--holes] [--judge NAME] [--seeds N] [--json]`: breaks the sources in one place after the other,
// and tells whether the checkers notice.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { allMutants, unnoticedMutants } from "./all.ts";
import { sourceOf } from "./broken-source.ts";
import { tryMutants } from "./campaign.ts";
import { type JudgeName, mutate } from "./mutant.ts";

export interface MutantsOptions {
  /** Only those whose name has this in it. */
  readonly only: string;
  /** Asked instead of the one that each mutant names. */
  readonly judge: JudgeName | null;
  /** The most that each is tried with. */
  readonly seeds: number;
  /** Those that nobody is known to notice, in place of the others. */
  readonly isHoles: boolean;
  readonly isJson: boolean;
}

/** Far more than any needs: whoever takes so long hangs. */
const secondsMax = 600;

/** Resolves with whether each was caught. */
export async function runMutants({ only, judge, seeds, isHoles, isJson }: MutantsOptions): Promise<boolean> {
  const wanted = (isHoles ? unnoticedMutants : allMutants)
    .filter(({ name }) => name.includes(only))
    .map((mutant) => (judge === null ? mutant : { ...mutant, judge }));
  for (const mutant of wanted) mutate(readFileSync(sourceOf(mutant), "utf8"), mutant);
  const { mutants, caught, survivors, objections } = await tryMutants(wanted, {
    seeds,
    secondsMax,
    width: Math.min(2, availableParallelism()),
    tell: console.log,
  });
  if (!isHoles) {
    for (const { name } of unnoticedMutants) console.log(`not tried, as nobody notices it yet: ${name}`);
  }
  for (const objection of objections) console.log(objection);
  for (const survivor of survivors) console.log(`nobody notices: ${survivor}`);
  console.log(isJson ? JSON.stringify({ mutants, caught }) : `${caught} of ${mutants} mutants were caught`);
  return mutants > 0 && survivors.length === 0 && objections.length === 0;
}
