// `npm run sim -- --seeds N [--from S] [--json]`: runs N seeds on all cores, beginning with S.
// `npm run sim -- --seed X`: runs one seed, with its trace.
// `npm run sim -- --mutants [--only TEXT] [--holes] [--judge NAME] [--seeds N] [--json]`: breaks the sources in one place after the other,
// and tells whether somebody notices.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { simulateMany } from "./many.ts";
import { runMutants } from "./mutants/command.ts";
import { type JudgeName, judgeNames } from "./mutants/mutant.ts";
import { type SimulationResult, simulate } from "./simulate.ts";

function usage(problem: string): never {
  console.error(problem);
  console.error("usage: npm run sim -- [--seeds N] [--from S] [--seed X] [--json]");
  console.error(
    "       npm run sim -- --mutants [--only TEXT] [--holes] [--judge NAME] [--seeds N] [--json]",
  );
  process.exit(2);
}

function wholeNumber(text: string, option: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  return usage(`--${option} is "${text}"; expected a whole number, ${min} or more`);
}

function judgeName(text: string): JudgeName {
  const name = judgeNames.find((each) => each === text);
  return name ?? usage(`--judge is "${text}"; expected ${judgeNames.join(", ")}`);
}

function printViolations({ seed, violations }: SimulationResult): void {
  if (violations.length === 0) return;
  console.log(`seed ${seed}: ${violations.length} violations; npm run sim -- --seed ${seed}`);
  for (const { law, what } of violations) console.log(`  law ${law}: ${what}`);
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    mutants: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    judge: { type: "string" },
    holes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const totals = { seeds: 0, commands: 0, grants: 0, faults: 0, violations: 0 };

function count(result: SimulationResult): void {
  totals.seeds += 1;
  totals.commands += result.commands;
  totals.grants += result.grants;
  totals.faults += result.faults;
  totals.violations += result.violations.length;
}

if (values.mutants) {
  const { only, judge = null, json: isJson } = values;
  const seeds = wholeNumber(values.seeds ?? "1000", "seeds", 1);
  const areCaught = await runMutants({
    only,
    judge: judge === null ? null : judgeName(judge),
    seeds,
    isHoles: values.holes,
    isJson,
  });
  process.exit(areCaught ? 0 : 1);
}
if (values.seed !== undefined) {
  const result = await simulate(wholeNumber(values.seed, "seed", 0), true);
  for (const line of result.lines) console.log(line);
  printViolations(result);
  count(result);
} else {
  const seeds = wholeNumber(values.seeds ?? "200", "seeds", 1);
  const from = wholeNumber(values.from, "from", 0);
  const startedMs = performance.now();
  await simulateMany({ from, seeds, workers: availableParallelism() }, (result) => {
    count(result);
    printViolations(result);
    if (totals.seeds % 100 === 0 || totals.seeds === seeds) {
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      console.error(`${totals.seeds} of ${seeds} seeds, ${totals.violations} violations, ${seconds} s`);
    }
  });
}
console.log(values.json ? JSON.stringify(totals) : `${totals.seeds} seeds, ${totals.violations} violations`);
process.exit(totals.violations === 0 ? 0 : 1);
