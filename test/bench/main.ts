import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { embedded } from "./embedded.ts";

/** What a benchmark found: rows to read, and the figures that the last line of `--json` carries. */
export interface BenchResult {
  readonly title: string;
  readonly rows: readonly Record<string, string | number>[];
  readonly figures: Record<string, unknown>;
}

export interface BenchOptions {
  readonly targets: number;
  readonly tasks: number;
  readonly rounds: number;
}

const benchmarks: Record<string, (options: BenchOptions) => Promise<BenchResult>> = { embedded };

function usage(): never {
  const names = Object.keys(benchmarks).join(" | ");
  console.error(`usage: npm run bench -- <${names}> [--targets N] [--tasks N] [--rounds N] [--json]`);
  process.exit(2);
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  console.error(`--${option} is "${text}"; expected a whole number, 1 or more`);
  return usage();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    targets: { type: "string", default: "1000" },
    tasks: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const benchmark = benchmarks[positionals[0] ?? "embedded"] ?? usage();
const result = await benchmark({
  targets: count(values.targets, "targets"),
  tasks: count(values.tasks, "tasks"),
  rounds: count(values.rounds, "rounds"),
});
console.log(result.title);
console.table(result.rows);
const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown" };
if (values.json)
  console.log(JSON.stringify({ benchmark: positionals[0] ?? "embedded", ...result.figures, ...machine }));
