import { type Broker, JsonMessage } from "@berth/broker";
import { assertNever, type TaskKind } from "@berth/engine";
import type { FormerOwner, InboxItem, InboxItemOf, InboxMessage, Topology } from "@berth/protocol";
import type { RecentCommit } from "./recent-commits.ts";
import { type DispatcherSettings, ownUser } from "./settings.ts";
import { hasEnded, type TaskTrace, tracesIn } from "./task-traces.ts";
import { recordText } from "./told-end.ts";

export interface RepetitionSetup {
  readonly broker: Broker;
  readonly topology: Topology;
  readonly space: string;
  readonly settings: Pick<DispatcherSettings, "serverUsers">;
  readonly former: FormerOwner;
  readonly newId: () => string;
  readonly at: number;
}

const itemsPerMessage = 100;

/**
 * Puts the commands of lost commits into the inbox again, for an owner that started from the store without them. They
 * were answered before, so nobody waits for answers. A task that has ended is not enqueued again, nor one that may have
 * run and must not run again blindly: its end is told instead. Resolves with the number of items, once the broker has
 * them.
 */
export async function repeat(setup: RepetitionSetup, lost: readonly RecentCommit[]): Promise<number> {
  const items = itemsOf(setup, lost);
  const { broker, topology, space, former, settings } = setup;
  const queue = topology.inbox(space);
  const published: Promise<unknown>[] = [];
  for (let from = 0; from < items.length; from += itemsPerMessage) {
    const some = items.slice(from, from + itemsPerMessage);
    const message: InboxMessage = { v: 1, replyTo: null, items: some, repeatedBy: former };
    published.push(broker.publish(new JsonMessage(queue, message, true, ownUser(settings))));
  }
  await Promise.all(published);
  return items.length;
}

function itemsOf(setup: RepetitionSetup, lost: readonly RecentCommit[]): InboxItem[] {
  const first: InboxItem[] = [];
  const last: InboxItem[] = [];
  const told = new Set<string>();
  for (const trace of tracesIn(lost).values()) {
    const reason = whyNotAgain(trace);
    if (reason === null) continue;
    told.add(trace.id);
    // What is known of it since before, and was not granted since, ends by its own report or command if at all.
    const list = trace.task === null && !trace.wasGranted ? last : first;
    list.push(endItem(setup, trace, reason));
  }
  const isWanted = (item: InboxItem): boolean =>
    isRepeatable(item) && !(item.type === "submit" && told.has(item.task.id));
  const commands = lost.flatMap(({ carriedOut }) => carriedOut.filter(isWanted));
  return [...first, ...commands, ...last];
}

/** `null`: it is enqueued again, or goes on as it is known. */
function whyNotAgain(trace: TaskTrace): string | null {
  const { task, status, wasGranted } = trace;
  if (status === null) return null;
  if (hasEnded(trace)) return `it had ended as ${status.state} when the store went backwards and lost that`;
  if (!wasGranted || status.state === "waiting" || mayRunAgain(task?.kind ?? null)) return null;
  return `it was ${status.state} when the store went backwards, and nobody knows how it ends: look, then enqueue it again`;
}

/** `null`: nobody knows its kind. */
function mayRunAgain(kind: TaskKind | null): boolean {
  return kind === "job" || kind === "health-check";
}

function endItem(setup: RepetitionSetup, trace: TaskTrace, reason: string): InboxItemOf<"task.ended"> {
  const record = recordText(trace, reason, setup.at);
  return { type: "task.ended", id: setup.newId(), task: trace.id, reason, record };
}

/** Whether a repetition does what is missing, and nothing where nothing is. */
function isRepeatable(item: InboxItem): boolean {
  switch (item.type) {
    // Known by the id of the task, also when that has ended.
    case "submit":
    case "task.ended":
    // Known by the token of the attempt: one that is not in force changes nothing.
    case "report":
    case "decline":
    case "claim":
    // Each leads to a state, whatever was before.
    case "cancel":
    case "discard":
    case "release":
    case "prioritize":
    case "decide":
    case "semaphore.put":
    case "schedule.put":
    case "schedule.remove":
    case "target.put":
    case "target.remove":
    case "hold.place":
    case "hold.lift":
    case "quarantine.release":
    case "session.drain":
    case "session.close":
      return true;
    // A tentacle whose session is unknown opens another one. The old one would be one that nobody serves.
    case "session.open":
    case "session.beat":
    // They change nothing.
    case "explain":
    case "clearance":
    case "semaphores":
    case "watch":
    case "mark":
      return false;
    default:
      return assertNever(item);
  }
}
