import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { monotonicMs } from "./clock.ts";
import { median, rounded, summaryOf } from "./figures.ts";
import { interleaved } from "./interleaved.ts";
import { runName } from "./round.ts";
import { serverUrls } from "./servers.ts";
import { contendersOf } from "./systems/contenders.ts";
import { Stage } from "./systems/stage.ts";
import type { TaskData } from "./systems/tasks.ts";
import { verdictOn } from "./systems/verdict.ts";

const fewWaiting = 1000;
const ownerLeaseMs = 5000;
const tasksPerSend = 2000;

interface Takeover {
  /** From the SIGKILL to the start of a task that waited. */
  readonly nextGrantMs: number;
  readonly overlaps: number;
  /** Tasks of which the store knows nothing any more. */
  readonly lost: number;
}

/**
 * How long nothing is granted when the dispatcher is killed and another one waits: each target has a task that runs and
 * others that wait; the dispatcher gets SIGKILL, then all that runs ends.
 */
export async function failover(options: BenchOptions): Promise<BenchResult> {
  const { versions } = await contendersOf(["berth"]);
  const { targets, waiting, rounds, seed, profiles } = options;
  const sizes = [String(fewWaiting), String(waiting)];
  const found = await interleaved<string, Takeover>(sizes, rounds, (size, round) => {
    const run = `${runName}-failover-${size}-${round}`;
    const tasks = Number(size);
    const scene = { run, targets, tasks, warmUpTasks: 0, seed, urls: serverUrls, ownerLeaseMs };
    return Stage.with("berth-guarded", scene, profiles, (stage) => takeOver(stage, tasks));
  });
  const times = (size: string): number[] => (found[size] ?? []).map(({ nextGrantMs }) => nextGrantMs);
  const sum = (size: string, law: "overlaps" | "lost"): number =>
    (found[size] ?? []).reduce((total, one) => total + one[law], 0);
  const total = (law: "overlaps" | "lost"): number => sizes.reduce((all, size) => all + sum(size, law), 0);
  const worst = Math.max(...sizes.flatMap(times));
  return {
    title: `from kill -9 of the dispatcher to the next grant, ms; the lease is ${ownerLeaseMs} ms`,
    rows: sizes.map((size) => ({
      waiting: size,
      median: rounded(median(times(size)), 0),
      longest: rounded(Math.max(...times(size)), 0),
      overlaps: sum(size, "overlaps"),
      lost: sum(size, "lost"),
    })),
    figures: {
      leaseMs: ownerLeaseMs,
      nextGrantMs: Object.fromEntries(sizes.map((size) => [size, rounded(median(times(size)), 0)])),
      longestMs: rounded(worst, 0),
      beyondLeaseMs: rounded(worst - ownerLeaseMs, 0),
      overlaps: total("overlaps"),
      lost: total("lost"),
      rounds: Object.fromEntries(sizes.map((size) => [size, summaryOf(times(size), 0)])),
      targets,
      versions,
    },
  };
}

async function takeOver(stage: Stage, waiting: number): Promise<Takeover> {
  const { sender, worker, scene } = stage;
  const running = Array.from(
    { length: scene.targets },
    (_, target): TaskData => ({ task: target, target, isHeld: true }),
  );
  const behind = Array.from({ length: waiting }, (_, index): TaskData => {
    const target = index % scene.targets;
    return { task: scene.targets + index, target, isHeld: true };
  });
  await sender.ask({ type: "send", tasks: running });
  for (const { task } of running) await worker.ask({ type: "started", tasks: [task] });
  for (let first = 0; first < waiting; first += tasksPerSend)
    await sender.ask({ type: "send", tasks: behind.slice(first, first + tasksPerSend) });
  const next = worker.ask({ type: "started", tasks: behind.slice(0, scene.targets).map(({ task }) => task) });
  const killedAt = monotonicMs();
  stage.role("dispatcher").kill();
  await worker.tell("release");
  const { from } = await next;
  const counts = (await worker.tell("counts")) as Record<string, number>;
  const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { overlaps } = verdictOn(await worker.ask({ type: "record" }), scene.targets + waiting);
  return { nextGrantMs: from - killedAt, overlaps, lost: scene.targets + waiting - known };
}
