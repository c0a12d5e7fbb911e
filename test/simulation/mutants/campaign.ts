// Tries mutants, some at a time, and tells of each who caught it.
import type { JudgeName, Mutant } from "./mutant.ts";
import { runTrial } from "./run-trial.ts";
import type { TrialResult } from "./trial.ts";

export interface CampaignOptions {
  /** The most seeds that a mutant is tried with. */
  readonly seeds: number;
  readonly secondsMax: number;
  /** How many at a time. */
  readonly width: number;
  readonly tell: (line: string) => void;
}

export interface CampaignResult {
  readonly mutants: number;
  readonly caught: number;
  /** Names of those that nobody caught. */
  readonly survivors: readonly string[];
  /** What the judges say of the sources as they are, on seeds that seemed to catch something: it should be nothing. */
  readonly objections: readonly string[];
}

/** A mutant is caught when a judge says which law is broken, on a seed on which it says nothing of the sources as they are. */
export async function tryMutants(
  mutants: readonly Mutant[],
  options: CampaignOptions,
): Promise<CampaignResult> {
  const survivors: string[] = [];
  const control = new Control(options.secondsMax);
  await eachOf(mutants, options.width, async (mutant) => {
    const judge = mutant.judge ?? "simulation";
    const startedAt = performance.now();
    const result = await tryMutant(mutant, judge, options, control);
    const seconds = (performance.now() - startedAt) / 1_000;
    options.tell(lineOf(mutant, judge, result, seconds));
    if (result.finding === null) survivors.push(mutant.name);
  });
  const caught = mutants.length - survivors.length;
  return { mutants: mutants.length, caught, survivors, objections: await control.objections() };
}

async function tryMutant(
  mutant: Mutant,
  judge: JudgeName,
  { seeds: most, secondsMax }: CampaignOptions,
  control: Control,
): Promise<TrialResult> {
  let crash: string | null = null;
  for (let from = 1; from <= most; ) {
    const seeds = Array.from({ length: most - from + 1 }, (_none, index) => from + index);
    const result = await runTrial({ mutant, judge, seeds }, secondsMax);
    crash ??= result.crash;
    if (result.finding === null) break;
    const { seed } = result.finding;
    if ((await control.objectionTo(judge, seed)) === null)
      return { ...result, crash, seedsTried: from - 1 + result.seedsTried };
    from = seed + 1;
  }
  return { finding: null, crash, seedsTried: most };
}

/** The same seeds on the sources as they are. */
class Control {
  readonly #secondsMax: number;
  readonly #objections = new Map<string, Promise<string | null>>();

  constructor(secondsMax: number) {
    this.#secondsMax = secondsMax;
  }

  /** `null`: there is none. */
  objectionTo(judge: JudgeName, seed: number): Promise<string | null> {
    const key = `${judge} ${seed}`;
    const objection = this.#objections.get(key) ?? this.#ask(judge, seed);
    this.#objections.set(key, objection);
    return objection;
  }

  async objections(): Promise<string[]> {
    const all = await Promise.all(this.#objections.values());
    return all.filter((each) => each !== null);
  }

  async #ask(judge: JudgeName, seed: number): Promise<string | null> {
    const { finding, crash } = await runTrial({ mutant: null, judge, seeds: [seed] }, this.#secondsMax);
    const what = finding === null ? crash : `law ${finding.law}: ${finding.what}`;
    return what === null ? null : `${judge}, seed ${seed}, of the sources as they are: ${what}`;
  }
}

async function eachOf<Item>(
  items: readonly Item[],
  width: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const next = items.values();
  const worker = async (): Promise<void> => {
    for (const item of next) await run(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function lineOf({ name, law }: Mutant, judge: JudgeName, result: TrialResult, seconds: number): string {
  const { finding, crash, seedsTried } = result;
  const time = `${seconds.toFixed(1)} s`;
  if (finding !== null)
    return `caught    ${name}\n          breaks ${law}; ${judge}, seed ${finding.seed}: ${finding.law} (${time})`;
  const more = crash === null ? "" : `; but something threw: ${crash.split("\n", 1)[0]}`;
  return `SURVIVED  ${name}\n          breaks ${law}; ${judge} found nothing with ${seedsTried} seeds (${time})${more}`;
}
