import process from "node:process";
import type { InboxClient } from "@berth/broker";
import type { Store, StoredTask } from "@berth/store";
import { type Holding, overlaps } from "../support/laws/exclusion.ts";
import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { enqueueOn, space, startEmbedded } from "./embedded/stack.ts";
import { median } from "./figures.ts";

/** Tasks in one message to the inbox, and messages that wait for their answer at a time. */
const tasksPerRequest = 250;
const requestsAtOnce = 8;
/** The senders wait while there are more tasks per target than this that have not run: a busy queue, not a flood. */
const tasksPerTargetMax = 2;

/**
 * Exclusive no-op tasks from end to end in one process: checked request → inbox → slot → commit → delivery → handler →
 * report → commit. The database is a file, and every answer waits for its commit.
 */
export async function embedded(options: BenchOptions): Promise<BenchResult> {
  // Not counted: a process that has just started compiles its hottest code while it runs it.
  await runRound({ ...options, tasks: Math.ceil(options.tasks / 2) });
  const rounds: Round[] = [];
  for (let round = 1; round <= options.rounds; round += 1) rounds.push(await runRound(options));
  const speeds = rounds.map((round) => Math.round(round.tasksPerSecond));
  return {
    title: `${options.tasks} exclusive no-op tasks on ${options.targets} targets, embedded, in one process`,
    rows: rounds.map((round, index) => ({
      round: index + 1,
      "tasks/s": Math.round(round.tasksPerSecond),
      "CPU µs/task": Math.round(round.cpuMicrosPerTask),
      overlaps: round.overlaps,
      lost: round.lost,
    })),
    figures: {
      tasksPerSecond: median(speeds),
      cpuMicrosPerTask: Math.round(median(rounds.map((round) => round.cpuMicrosPerTask))),
      rounds: speeds,
      overlaps: rounds.reduce((sum, round) => sum + round.overlaps, 0),
      lost: rounds.reduce((sum, round) => sum + round.lost, 0),
      targets: options.targets,
      tasks: options.tasks,
    },
  };
}

interface Round {
  readonly tasksPerSecond: number;
  /** Of all threads of the process. Tells on a busy machine what the speed does not. */
  readonly cpuMicrosPerTask: number;
  readonly overlaps: number;
  readonly lost: number;
}

async function runRound({ targets, tasks }: BenchOptions): Promise<Round> {
  const names = Array.from({ length: targets }, (_, index) => `target-${index}`);
  const finish = new Finish();
  const { client, store, stop } = await startEmbedded(names, (context) => finish.run(context.target));
  try {
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    await enqueueAll(client, names, tasks, finish);
    await finish.atLeast(tasks);
    await allEnded(store, tasks);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    const stored = await readAll(store);
    return {
      tasksPerSecond: tasks / seconds,
      cpuMicrosPerTask: (cpu.user + cpu.system) / tasks,
      overlaps: finish.overlaps + overlapsIn(stored),
      lost: tasks - succeeded(stored),
    };
  } finally {
    await stop();
  }
}

/** Counts runs, and runs of one target that overlap as the handlers themselves see it. */
class Finish {
  readonly #running = new Set<string>();
  #waiters: { count: number; resolve: () => void }[] = [];
  #count = 0;
  overlaps = 0;

  get count(): number {
    return this.#count;
  }

  /** Resolves when so many have run. */
  atLeast(count: number): Promise<void> {
    if (this.#count >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ count, resolve });
    return promise;
  }

  async run(target: string): Promise<void> {
    if (this.#running.has(target)) this.overlaps += 1;
    this.#running.add(target);
    // Others get their turn while this one runs, or no overlap could ever be seen.
    await null;
    this.#running.delete(target);
    this.#count += 1;
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters) if (waiter.count <= this.#count) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.count > this.#count);
  }
}

async function enqueueAll(
  client: InboxClient,
  targets: readonly string[],
  tasks: number,
  finish: Finish,
): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < tasks) {
      const most = targets.length * tasksPerTargetMax;
      if (next - finish.count > most) await finish.atLeast(next - most);
      const first = next;
      next = Math.min(tasks, first + tasksPerRequest);
      const some = Array.from(
        { length: next - first },
        (_, index) => targets[(first + index) % targets.length] ?? "",
      );
      await enqueueOn(client, some);
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, sender));
}

/** The last reports are on their way when the last handler returns; the clock stops when they are committed. */
async function allEnded(store: Store, tasks: number): Promise<void> {
  for (;;) {
    const counts = await store.taskCounts(space);
    if ((counts.succeeded ?? 0) >= tasks) return;
    if ((counts.parked ?? 0) + (counts.failed ?? 0) > 0) return;
    await new Promise(setImmediate);
  }
}

async function readAll(store: Store): Promise<StoredTask[]> {
  const all: StoredTask[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store["tasks"]>> = await store.tasks(space, {
      sort: "oldest",
      cursor,
      limit: 1000,
    });
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

function succeeded(stored: readonly StoredTask[]): number {
  return stored.filter(({ task }) => task.status.state === "succeeded").length;
}

/** Law 1 on what was recorded: from each grant to the end that the engine knew of. */
function overlapsIn(stored: readonly StoredTask[]): number {
  const holdings = stored.flatMap(({ legs }) =>
    legs.map(
      (leg): Holding => ({
        slot: leg.target,
        mode: "exclusive",
        from: leg.grantedAt ?? 0,
        until: leg.endedAt ?? Number.POSITIVE_INFINITY,
        label: leg.id,
      }),
    ),
  );
  return overlaps(holdings).length;
}
