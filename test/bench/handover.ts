import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { median, percentile, rounded, summaryOf } from "./figures.ts";
import { ratios } from "./interleaved.ts";
import { playAll } from "./peers.ts";
import { runName } from "./round.ts";
import { serverUrls } from "./servers.ts";
import type { SystemName } from "./systems/all.ts";
import { contendersOf } from "./systems/contenders.ts";
import type { Play } from "./systems/play.ts";
import { handoversIn } from "./systems/verdict.ts";
import { type Ways, waysOf } from "./ways.ts";

/**
 * One hot target with a long line before it: how long it stands empty between the end of one task and the start of the next.
 * The work is a line that is always full, so whoever has the next task at hand on the worker's side has the shorter way.
 */
export async function handover(options: BenchOptions): Promise<BenchResult> {
  const contenders = await contendersOf(options.systems, ["berth", "groupmq", "bullmq"]);
  const plays = await playAll(contenders, options, serverUrls);
  const { names, missing, versions } = contenders;
  const ways = names.includes("berth") ? await waysOf(serverUrls, runName) : null;
  const shares = (name: SystemName, share: number): number[] =>
    (plays[name] ?? []).map(({ record }) => percentile(handoversIn(record), share));
  const others = names.filter((name) => name !== "berth" && names.includes("berth"));
  const sum = (law: "overlaps" | "lost"): number => sumOf(plays.berth ?? [], law);
  const byName = <Value>(value: (name: SystemName) => Value): Record<string, Value> =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    title: `one target with ${options.tasks} tasks in line: from the end of one to the start of the next, ms`,
    rows: names.map((name) => ({
      system: name,
      p50: rounded(median(shares(name, 0.5)), 2),
      p99: rounded(median(shares(name, 0.99)), 2),
      overlaps: sumOf(plays[name] ?? [], "overlaps"),
      lost: sumOf(plays[name] ?? [], "lost"),
    })),
    summary: [...missing, ...(ways === null ? [] : [textOf(ways)])],
    figures: {
      p50Ms: byName((name) => rounded(median(shares(name, 0.5)), 3)),
      p99Ms: byName((name) => rounded(median(shares(name, 0.99)), 3)),
      p50Ratios: Object.fromEntries(
        others.map((name) => [name, rounded(median(ratios(shares("berth", 0.5), shares(name, 0.5))), 3)]),
      ),
      p99Ratios: Object.fromEntries(
        others.map((name) => [name, rounded(median(ratios(shares("berth", 0.99), shares(name, 0.99))), 3)]),
      ),
      waysMs: ways,
      overlaps: sum("overlaps"),
      lost: sum("lost"),
      rounds: byName((name) => ({
        p50Ms: summaryOf(shares(name, 0.5), 3),
        p99Ms: summaryOf(shares(name, 0.99), 3),
      })),
      targets: options.targets,
      tasks: options.tasks,
      versions,
    },
  };
}

function textOf({ inbox, delivery, redis }: Ways): string {
  return `of Berth's: ${inbox} ms through a queue like the inbox, ${delivery} ms through one for deliveries, ${redis} ms to Redis and back`;
}

function sumOf(plays: readonly Play[], law: "overlaps" | "lost"): number {
  return plays.reduce((sum, { verdict }) => sum + verdict[law], 0);
}
