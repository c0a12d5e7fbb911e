import { parseArgs } from "node:util";
import { chosenSeed } from "../support/seeded-chance.ts";
import type { Benchmark, BenchOptions } from "./benchmark.ts";

/** A word of the command that cannot be used. Its message says what was expected. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

export interface Command {
  readonly name: string;
  readonly benchmark: Benchmark;
  readonly options: BenchOptions;
  readonly json: boolean;
}

const usualName = "embedded";

/** Reads the words after `npm run bench --`. Throws an `ArgumentError`. */
export function readCommand(
  words: readonly string[],
  benchmarks: Readonly<Record<string, Benchmark>>,
): Command {
  const { values, positionals } = parse(words);
  const name = positionals[0] ?? usualName;
  const benchmark = benchmarks[name];
  if (benchmark === undefined) throw new ArgumentError(`there is no benchmark "${name}"`);
  const { defaults } = benchmark;
  const options: BenchOptions = {
    targets: count(values.targets, "targets") ?? defaults.targets,
    tasks: count(values.tasks, "tasks") ?? defaults.tasks,
    rounds: count(values.rounds, "rounds") ?? defaults.rounds,
    waiting: count(values.waiting, "waiting") ?? defaults.waiting,
    addedMs: milliseconds(values.added, "added") ?? defaults.addedMs ?? 0,
    warmUp: count(values["warm-up"], "warm-up") ?? null,
    systems: values.systems?.split(",") ?? defaults.systems ?? [],
    profiles: values.profiles ?? null,
    seed: chosenSeed(),
  };
  return { name, benchmark, options, json: values.json ?? false };
}

function parse(words: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        targets: text,
        tasks: text,
        rounds: text,
        waiting: text,
        added: text,
        "warm-up": text,
        systems: text,
        profiles: text,
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function count(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ArgumentError(`--${option} is "${text}"; expected a whole number, 1 or more`);
}

/** With or without its unit. */
function milliseconds(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/ms$/, ""));
  if (text !== "" && value >= 0 && value < 10_000) return value;
  throw new ArgumentError(`--${option} is "${text}"; expected milliseconds such as 1ms`);
}
