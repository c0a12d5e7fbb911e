// A process of its own that runs one judge over seeds, with one place of the sources broken, until something is found.
// It is given a trial as JSON, and prints what came of it as JSON.
import { breakSource } from "./broken-source.ts";
import { type Finding, judges } from "./judges.ts";
import type { JudgeName, Mutant } from "./mutant.ts";

export interface Trial {
  /** `null`: the sources as they are. */
  readonly mutant: Mutant | null;
  readonly judge: JudgeName;
  readonly seeds: readonly number[];
}

export interface TrialResult {
  /** The first law that a checker found broken. */
  readonly finding: (Finding & { readonly seed: number }) | null;
  /** What was thrown first and said of no law. It does not count as found. */
  readonly crash: string | null;
  readonly seedsTried: number;
}

async function run({ mutant, judge: name, seeds }: Trial): Promise<TrialResult> {
  const source = mutant === null ? null : breakSource(mutant);
  const judge = await judges[name]();
  if (mutant !== null && source?.isLoaded !== true)
    throw new Error(`mutant "${mutant.name}": nothing loads packages/${mutant.file}`);
  let crash: string | null = null;
  for (const [index, seed] of seeds.entries()) {
    const finding = await judge(seed);
    if (finding === null) continue;
    if (finding.law !== null) return { finding: { ...finding, seed }, crash, seedsTried: index + 1 };
    crash ??= finding.what;
  }
  return { finding: null, crash, seedsTried: seeds.length };
}

const result = await run(JSON.parse(process.argv[2] ?? "") as Trial);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
