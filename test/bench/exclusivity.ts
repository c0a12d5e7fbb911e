import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { median, rounded, summaryOf } from "./figures.ts";
import { interleaved, ratios } from "./interleaved.ts";
import { runName, warmUpTasksFor } from "./round.ts";
import { serverUrls } from "./servers.ts";
import { contendersOf } from "./systems/contenders.ts";
import { type Play, play } from "./systems/play.ts";
import type { Scene } from "./systems/system.ts";
import { type TaskData, tasksOf } from "./systems/tasks.ts";

const ways = ["exclusive", "bypass"] as const;
type Way = (typeof ways)[number];

/**
 * What it costs that tasks wait for each other: the same tasks on the same targets, once as they are, once with the variable
 * that makes each go past its slot. The lane of a target lets one of these through at a time as well, which is a simpler rule.
 */
export async function exclusivity(options: BenchOptions): Promise<BenchResult> {
  const { versions } = await contendersOf(["berth"]);
  const { targets, tasks, rounds, seed, profiles } = options;
  const plays = await interleaved<Way, Play>(ways, rounds, (way, round) => {
    const run = `${runName}-${way}-${round}`;
    const warmUpTasks = warmUpTasksFor(options);
    const scene: Scene = { run, targets, tasks, warmUpTasks, seed: seed + round, urls: serverUrls };
    return play("berth", scene, profiles, (of) =>
      tasksOf(of).map((task): TaskData => ({ ...task, sort: way })),
    );
  });
  const speeds = (way: Way): number[] => plays[way].map(({ tasksPerSecond }) => tasksPerSecond);
  const costs = ratios(speeds("bypass"), speeds("exclusive")).map((ratio) => ratio - 1);
  const sum = (way: Way, law: "overlaps" | "lost"): number =>
    plays[way].reduce((total, { verdict }) => total + verdict[law], 0);
  return {
    title: `${tasks} no-op tasks on ${targets} targets, with the rules of exclusion and past them`,
    rows: ways.map((way) => ({
      tasks: way,
      "tasks/s": rounded(median(speeds(way)), 0),
      overlaps: way === "exclusive" ? sum(way, "overlaps") : "",
      lost: sum(way, "lost"),
    })),
    summary: [`the rules cost ${rounded(100 * median(costs), 1)} % (median of the rounds)`],
    figures: {
      costOfRules: rounded(median(costs), 3),
      costOfRulesRounds: summaryOf(costs, 3),
      overlaps: sum("exclusive", "overlaps"),
      lost: sum("exclusive", "lost") + sum("bypass", "lost"),
      rounds: { exclusive: summaryOf(speeds("exclusive"), 0), bypass: summaryOf(speeds("bypass"), 0) },
      targets,
      tasks,
      versions,
    },
  };
}
