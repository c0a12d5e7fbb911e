import { availableParallelism, cpus } from "node:os";
import process from "node:process";
import { ArgumentError, type Command, readCommand } from "./arguments.ts";
import type { Benchmark } from "./benchmark.ts";
import { bypass } from "./bypass.ts";
import { embedded } from "./embedded.ts";
import { engine } from "./engine.ts";
import { exclusivity } from "./exclusivity.ts";
import { failover } from "./failover.ts";
import { growth } from "./growth.ts";
import { handover } from "./handover.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { peers } from "./peers.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  embedded: { run: embedded, defaults: { targets: 1000, tasks: 100_000, rounds: 5, waiting: 0 } },
  engine: { run: engine, defaults: { targets: 100_000, tasks: 20_000, rounds: 21, waiting: 1_000_000 } },
  growth: { run: growth, defaults: { targets: 100_000, tasks: 10_000, rounds: 11, waiting: 1_000_000 } },
  peers: { run: peers, defaults: { targets: 1000, tasks: 20_000, rounds: 5, waiting: 0 } },
  latency: { run: latency, defaults: { targets: 1000, tasks: 20_000, rounds: 3, waiting: 0, addedMs: 1 } },
  bypass: { run: bypass, defaults: { targets: 3, tasks: 2000, rounds: 1, waiting: 10_000 } },
  exclusivity: { run: exclusivity, defaults: { targets: 1000, tasks: 20_000, rounds: 5, waiting: 0 } },
  failover: { run: failover, defaults: { targets: 100, tasks: 0, rounds: 3, waiting: 100_000 } },
  idle: { run: idle, defaults: { targets: 1000, tasks: 0, rounds: 1, waiting: 0 } },
  handover: { run: handover, defaults: { targets: 1, tasks: 2000, rounds: 5, waiting: 0 } },
};

const command = commandOrExit();
const { name, benchmark, options } = command;
const result = await benchmark.run(options);
console.log(result.title);
console.table(result.rows);
for (const line of result.summary ?? []) console.log(line);
if (command.json) console.log(JSON.stringify(lastLine(result.figures)));

function lastLine(figures: Record<string, unknown>): unknown {
  const { versions = {}, ...others } = figures as { versions?: Record<string, string> };
  const { node, v8 } = process.versions;
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown" };
  return { benchmark: name, ...others, seed: options.seed, versions: { node, v8, ...versions }, ...machine };
}

function commandOrExit(): Command {
  try {
    return readCommand(process.argv.slice(2), benchmarks);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const names = Object.keys(benchmarks).join(" | ");
    console.error(error.message);
    console.error(
      `usage: npm run bench -- <${names}> [--targets N] [--tasks N] [--rounds N] [--waiting N] [--added 1ms] ` +
        "[--systems NAME,NAME] [--profiles FOLDER] [--json]",
    );
    process.exit(2);
  }
}
