import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { median, rounded, summaryOf } from "./figures.ts";
import { interleaved, ratios } from "./interleaved.ts";
import { runName, warmUpTasksFor } from "./round.ts";
import { serverUrls } from "./servers.ts";
import type { SystemName } from "./systems/all.ts";
import { type Contenders, contendersOf } from "./systems/contenders.ts";
import { type Play, play } from "./systems/play.ts";
import type { ServerUrls } from "./systems/system.ts";

/**
 * Berth and what a user would take instead, on the same work: enqueue, one at a time on each target, do nothing, acknowledge.
 * How each is set up, and what that favours, stands in its file in `systems/`.
 */
export async function peers(options: BenchOptions): Promise<BenchResult> {
  const contenders = await contendersOf(options.systems);
  const plays = await playAll(contenders, options, serverUrls);
  const { tasks, targets } = options;
  return resultOf(`${tasks} exclusive no-op tasks on ${targets} targets`, contenders, plays, options);
}

export type Plays = Partial<Record<SystemName, Play[]>>;

export async function playAll(
  contenders: Contenders,
  options: BenchOptions,
  urls: ServerUrls,
): Promise<Plays> {
  const { targets, tasks, rounds, seed, profiles } = options;
  return await interleaved(contenders.names, rounds, (name, round) => {
    const run = `${runName}-${name}-${round}`;
    const warmUpTasks = warmUpTasksFor(options);
    return play(name, { run, targets, tasks, warmUpTasks, seed: seed + round, urls }, profiles);
  });
}

export function resultOf(
  title: string,
  { names, missing, versions }: Contenders,
  plays: Plays,
  options: BenchOptions,
): BenchResult {
  const { targets, tasks } = options;
  const speeds = (name: SystemName): number[] => (plays[name] ?? []).map((one) => one.tasksPerSecond);
  const ratiosTo = (name: SystemName): number[] => ratios(speeds("berth"), speeds(name));
  const others = names.filter((name) => name !== "berth" && names.includes("berth"));
  const broken = (name: SystemName, law: "overlaps" | "lost" | "repeated"): number =>
    (plays[name] ?? []).reduce((sum, { verdict }) => sum + verdict[law], 0);
  const byName = <Value>(value: (name: SystemName) => Value): Record<string, Value> =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    title,
    rows: names.map((name) => {
      const { median: middle, spread } = summaryOf(speeds(name), 0);
      const ratio = others.includes(name) ? rounded(median(ratiosTo(name)), 2) : "";
      return {
        system: name,
        "tasks/s": middle,
        "from – to": spread.join(" – "),
        "Berth is × as fast": ratio,
        "CPU µs/task": cpuText(plays[name] ?? []),
        overlaps: name === "ceiling" ? "no rules" : broken(name, "overlaps"),
        lost: broken(name, "lost"),
      };
    }),
    summary: missing,
    figures: {
      tasksPerSecond: byName((name) => Math.round(median(speeds(name)))),
      ratios: Object.fromEntries(others.map((name) => [name, rounded(median(ratiosTo(name)), 3)])),
      ratioRounds: Object.fromEntries(others.map((name) => [name, summaryOf(ratiosTo(name), 3)])),
      // Of Berth. What the others do with the laws is beside it.
      overlaps: broken("berth", "overlaps"),
      lost: broken("berth", "lost"),
      laws: byName((name) => ({
        overlaps: name === "ceiling" ? null : broken(name, "overlaps"),
        lost: broken(name, "lost"),
        repeated: broken(name, "repeated"),
      })),
      rounds: byName((name) => summaryOf(speeds(name), 0)),
      sentPerSecond: byName((name) =>
        summaryOf(
          (plays[name] ?? []).map((one) => one.sentPerSecond),
          0,
        ),
      ),
      cpuMicrosPerTask: byName((name) => cpuOf(plays[name] ?? [])),
      targets,
      tasks,
      warmUpTasks: warmUpTasksFor(options),
      versions,
    },
  };
}

/** Of each process, the median of the rounds. */
function cpuOf(plays: readonly Play[]): Record<string, number> {
  const roles = Object.keys(plays[0]?.cpuMicrosPerTask ?? {});
  return Object.fromEntries(
    roles.map((role) => [role, Math.round(median(plays.map((one) => one.cpuMicrosPerTask[role] ?? 0)))]),
  );
}

function cpuText(plays: readonly Play[]): string {
  return Object.entries(cpuOf(plays))
    .map(([role, micros]) => `${role} ${micros}`)
    .join(", ");
}
