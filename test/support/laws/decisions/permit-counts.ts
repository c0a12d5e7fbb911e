// Who holds permits: of the space, of named semaphores, of the window of a rollout. By what is stored.
import type { LegRecord, TaskRecord } from "@berth/engine";
import type { StoredRecords } from "./stored.ts";

export const holding: ReadonlySet<string> = new Set(["granted", "running", "cancelling"]);

export function legsOf(stored: StoredRecords, task: TaskRecord): LegRecord[] {
  return task.targets.flatMap((_target, index) => stored.legs.get(`${task.id}.${index + 1}`) ?? []);
}

/** A task holds its permits while any of its legs holds a grant, bypassing legs apart. */
function holdsPermits(stored: StoredRecords, task: TaskRecord): boolean {
  return legsOf(stored, task).some((leg) => holding.has(leg.state) && leg.mode !== "bypass");
}

/** Of the tasks that hold permits: how many there are of this semaphore in use. */
export function heldOf(stored: StoredRecords, name: string): number {
  if (name.startsWith("lane.")) {
    return stored
      .liveLegs()
      .filter((leg) => leg.mode === "bypass" && holding.has(leg.state))
      .filter((leg) => `lane.${stored.taskOf(leg).kind}` === name).length;
  }
  return [...stored.tasks.values()].filter(
    (task) => semaphoresOf(task).includes(name) && holdsPermits(stored, task),
  ).length;
}

export function semaphoresOf({ kind, plan }: TaskRecord): readonly string[] {
  const named = plan?.semaphores ?? [];
  return kind === "health-check" ? named : ["task-cap", ...named];
}

export function limitOf(stored: StoredRecords, name: string): number {
  const limit = stored.semaphores.get(name)?.limit;
  if (limit !== undefined) return limit;
  if (name === "task-cap") return Number.POSITIVE_INFINITY;
  return name.startsWith("lane.") ? 1_000 : 1;
}

/** The semaphores that have no permit for a leg that would have to take one of each with its grant. */
export function fullFor(stored: StoredRecords, leg: LegRecord): string[] {
  return neededBy(stored, leg).filter((name) => heldOf(stored, name) >= limitOf(stored, name));
}

function neededBy(stored: StoredRecords, leg: LegRecord): readonly string[] {
  const task = stored.taskOf(leg);
  if (leg.mode === "bypass") return [`lane.${task.kind}`];
  return holdsPermits(stored, task) ? [] : semaphoresOf(task);
}

/** How many legs of a task are unfinished: first granted, and not ended. */
export function unfinishedOf(stored: StoredRecords, task: TaskRecord): number {
  return legsOf(stored, task).filter((leg) => leg.attempt > 0 && leg.endedAt === null).length;
}

export function windowOf({ plan, targets }: TaskRecord): number {
  if (plan?.rollout.type !== "rolling" || targets.length === 1) return Number.POSITIVE_INFINITY;
  return plan.rollout.window ?? Number.POSITIVE_INFINITY;
}
