// What a chaos run has shown, law by law.
import type { TaskView } from "@berth/protocol";
import { collect } from "../support/collect.ts";
import { oopsFindings, runFindings, slotOverlaps, taskOverlaps } from "../support/crash/findings.ts";
import { delayedChecks } from "./laws/bypass.ts";
import { acceptedStale } from "./laws/fencing.ts";
import { untimelyRegrants } from "./laws/freed-in-time.ts";
import { lostTasks, strangers } from "./laws/nothing-lost.ts";
import { changedEnds } from "./laws/truth.ts";
import type { ChaosWorld } from "./world.ts";

export interface Verdict {
  readonly submitted: number;
  readonly finished: number;
  readonly parked: number;
  /** What breaks a law, in sentences; empty lists where nothing does. */
  readonly lost: readonly string[];
  readonly overlaps: readonly string[];
  readonly staleAccepted: readonly string[];
  readonly failedWithoutOops: readonly string[];
  readonly others: readonly string[];
}

/** Waits until every task has ended or is parked, and looks at all that there is. Nothing may be broken any more. */
export async function judge(world: ChaosWorld): Promise<Verdict> {
  const unsettled = await settleAll(world);
  const tasks = await world.tasks();
  const oops = await world.server.insist((client) => collect(client.oops.each({ limit: 1000 })));
  const { answered, forgotten } = world;
  const runs = world.stack.evidence.runs();
  const seen = world.seenEnds;
  const { requested } = world;
  // A check without anything to run only proves that its tentacle is there.
  const isEvident = ({ id }: TaskView): boolean =>
    requested.get(id)?.script !== undefined || requested.get(id)?.handler !== undefined;
  const live = tasks.filter(({ endedAt }) => endedAt === null);
  const gone = lostTasks(answered, tasks, new Set());
  return {
    submitted: answered.size,
    // Somebody had heard of the end of what the store has forgotten since.
    finished:
      tasks.length - live.length + gone.filter((id) => seen.has(id) && world.forgettable.has(id)).length,
    parked: live.filter(({ state }) => state === "parked").length,
    lost: lostTasks(answered, tasks, world.forgettable),
    overlaps: [...slotOverlaps(runs, forgotten), ...taskOverlaps(runs, forgotten)],
    staleAccepted: acceptedStale(world.staleReports),
    failedWithoutOops: oopsFindings(tasks, oops, runs, forgotten),
    others: [
      ...unsettled,
      ...strangers(answered, tasks),
      ...runFindings(runs, tasks.filter(isEvident)),
      ...changedEnds(seen, tasks, forgotten),
      ...untimelyRegrants(world.regrants),
      ...delayedChecks(tasks, world.disturbances, Date.now()),
    ],
  };
}

export function findingsOf(verdict: Verdict, { seenEnds }: ChaosWorld): string[] {
  const { lost, overlaps, staleAccepted, failedWithoutOops, others } = verdict;
  const tell = (id: string): string => {
    const end = seenEnds.get(id);
    if (end === undefined) return `${id} is lost; nobody had heard of its end`;
    return `${id} is lost; it had ended as ${end.state} at ${new Date(end.endedAt).toISOString()}`;
  };
  return [...lost.map(tell), ...overlaps, ...staleAccepted, ...failedWithoutOops, ...others];
}

const settleMs = 120_000;

/** Tasks that neither end nor are parked, although nothing is broken any more. */
async function settleAll(world: ChaosWorld): Promise<string[]> {
  const deadline = performance.now() + settleMs;
  const live = new Set(["waiting", "granted", "running", "cancelling"]);
  for (;;) {
    const alive = (await world.tasks()).filter(({ state }) => live.has(state));
    const [first] = alive;
    if (first === undefined) return [];
    if (performance.now() > deadline) return await Promise.all(alive.map(({ id }) => whyAlive(world, id)));
    await firstSettled(world, first.id, deadline - performance.now());
  }
}

/** Waits for one after the other, and not for longer than there is time. */
async function firstSettled(world: ChaosWorld, task: string, ms: number): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  const waiting = world.server.insist((client) => client.waitFor(task, { signal }));
  await waiting.catch(() => undefined);
}

async function whyAlive(world: ChaosWorld, task: string): Promise<string> {
  const explained = await world.server.insist((client) => client.explain(task));
  return `${task} is ${explained.state}: ${explained.legs.map(({ summary }) => summary).join("; ")}`;
}
