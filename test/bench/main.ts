import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { embedded } from "./embedded.ts";
import { engine } from "./engine.ts";

/** What a benchmark found: rows and lines to read, and the figures that the last line of `--json` carries. */
export interface BenchResult {
  readonly title: string;
  readonly rows: readonly Record<string, string | number>[];
  /** Read after the rows. */
  readonly summary?: readonly string[];
  readonly figures: Record<string, unknown>;
}

export interface BenchOptions {
  readonly targets: number;
  /** In each round. */
  readonly tasks: number;
  readonly rounds: number;
  /** Legs that wait meanwhile. */
  readonly waiting: number;
}

interface Benchmark {
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
  readonly defaults: BenchOptions;
}

const benchmarks: Record<string, Benchmark> = {
  embedded: { run: embedded, defaults: { targets: 1000, tasks: 100_000, rounds: 5, waiting: 0 } },
  engine: { run: engine, defaults: { targets: 100_000, tasks: 20_000, rounds: 21, waiting: 1_000_000 } },
};

function usage(): never {
  const names = Object.keys(benchmarks).join(" | ");
  console.error(
    `usage: npm run bench -- <${names}> [--targets N] [--tasks N] [--rounds N] [--waiting N] [--json]`,
  );
  process.exit(2);
}

function count(text: string | undefined, option: keyof BenchOptions): number {
  if (text === undefined) return benchmark.defaults[option];
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  console.error(`--${option} is "${text}"; expected a whole number, 1 or more`);
  return usage();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    targets: { type: "string" },
    tasks: { type: "string" },
    rounds: { type: "string" },
    waiting: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const name = positionals[0] ?? "embedded";
const benchmark = benchmarks[name] ?? usage();
const result = await benchmark.run({
  targets: count(values.targets, "targets"),
  tasks: count(values.tasks, "tasks"),
  rounds: count(values.rounds, "rounds"),
  waiting: count(values.waiting, "waiting"),
});
console.log(result.title);
console.table(result.rows);
for (const line of result.summary ?? []) console.log(line);
const { node, v8 } = process.versions;
const machine = { versions: { node, v8 }, cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown" };
if (values.json) console.log(JSON.stringify({ benchmark: name, ...result.figures, ...machine }));
