import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { percentile, rounded, summaryOf } from "./figures.ts";
import { interleaved } from "./interleaved.ts";
import { runName } from "./round.ts";
import { serverUrls } from "./servers.ts";
import type { PortCounts } from "./systems/berth/counted-ports.ts";
import { contendersOf } from "./systems/contenders.ts";
import { Stage } from "./systems/stage.ts";
import type { TaskData } from "./systems/tasks.ts";

/** Nothing runs on the first; a deploy runs on the second; one runs on the third, and many wait behind it. */
const places = ["idle", "busy", "crowded"] as const;
type Place = (typeof places)[number];

const warmUpChecks = 300;
const tasksPerSend = 2000;
/** How long it is counted what a dispatcher does while nothing happens. */
const countedMs = 20_000;

/**
 * How soon a health check starts, from its submit to its first instruction, one at a time and taking turns between targets in
 * these places; and what tasks that wait make the dispatcher do. In each round `tasks` checks of each target.
 */
export async function bypass(options: BenchOptions): Promise<BenchResult> {
  const { versions } = await contendersOf(["berth"]);
  const { tasks: checks, waiting, seed, profiles } = options;
  const scene = {
    run: `${runName}-bypass`,
    ...{ targets: places.length, tasks: checks, warmUpTasks: 0, seed, urls: serverUrls },
  };
  const found = await Stage.with("berth-counted", scene, profiles, async (stage) => {
    const before = await countsWhileNothingHappens(stage);
    const checker = new Checker(stage);
    await checker.hold("busy");
    await checker.hold("crowded");
    await checker.crowd(waiting);
    const after = await countsWhileNothingHappens(stage);
    for (let turn = 0; turn < warmUpChecks; turn += 1) for (const place of places) await checker.check(place);
    const latencies = await interleaved<Place, number>(places, checks, (place) => checker.check(place));
    return { latencies, more: after - before };
  });
  const { latencies, more } = found;
  const ratio = (place: Place, share: number): number =>
    rounded(percentile(latencies[place], share) / percentile(latencies.idle, share), 3);
  const operations = more / waiting / (countedMs / 60_000);
  return {
    title: `${checks} health checks on each of three targets, ms from submit to start`,
    rows: places.map((place) => ({
      target: place === "crowded" ? `${waiting} tasks wait` : place,
      p50: rounded(percentile(latencies[place], 0.5), 2),
      p99: rounded(percentile(latencies[place], 0.99), 2),
      "p50 over idle": ratio(place, 0.5),
      "p99 over idle": ratio(place, 0.99),
    })),
    summary: [`a waiting task causes ${rounded(operations, 3)} messages and store operations a minute`],
    figures: {
      p50Ratio: Math.max(ratio("busy", 0.5), ratio("crowded", 0.5)),
      p99Ratio: Math.max(ratio("busy", 0.99), ratio("crowded", 0.99)),
      p50Ratios: { busy: ratio("busy", 0.5), crowded: ratio("crowded", 0.5) },
      p99Ratios: { busy: ratio("busy", 0.99), crowded: ratio("crowded", 0.99) },
      operationsPerWaitingTaskMinute: rounded(operations, 3),
      latenciesMs: Object.fromEntries(places.map((place) => [place, summaryOf(latencies[place], 3)])),
      checks,
      waiting,
      versions,
    },
  };
}

async function countsWhileNothingHappens(stage: Stage): Promise<number> {
  const total = async (): Promise<number> => {
    const counts = (await stage.role("dispatcher").tell("counts")) as PortCounts;
    return counts.received + counts.sent + counts.storeOperations;
  };
  const before = await total();
  await new Promise((resolve) => setTimeout(resolve, countedMs));
  return (await total()) - before;
}

class Checker {
  readonly #stage: Stage;
  #tasks = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** A deploy takes the slot of the target, and keeps it. */
  async hold(place: Place): Promise<void> {
    const task = this.#next(place, "exclusive");
    await this.#stage.sender.ask({ type: "send", tasks: [{ ...task, isHeld: true }] });
    await this.#stage.worker.ask({ type: "started", tasks: [task.task] });
  }

  async crowd(waiting: number): Promise<void> {
    for (let left = waiting; left > 0; left -= tasksPerSend) {
      const length = Math.min(left, tasksPerSend);
      const tasks = Array.from({ length }, () => this.#next("crowded", "exclusive"));
      await this.#stage.sender.ask({ type: "send", tasks });
    }
  }

  /** Milliseconds from its submit to its start. The next one begins when it is over. */
  async check(place: Place): Promise<number> {
    const task = this.#next(place, "health-check");
    const { sender, worker } = this.#stage;
    const [{ startedAt }, { from }] = await Promise.all([
      sender.ask({ type: "send", tasks: [task] }),
      worker.ask({ type: "started", tasks: [task.task] }),
    ]);
    return from - startedAt;
  }

  #next(place: Place, sort: TaskData["sort"] & string): TaskData {
    this.#tasks += 1;
    return { task: this.#tasks, target: places.indexOf(place), sort };
  }
}
