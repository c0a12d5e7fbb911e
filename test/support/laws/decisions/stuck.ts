// Which waiting legs could not start even if every slot were free, by what is stored: they stop nobody.
import type { LegRecord, SessionRecord, TaskRecord } from "@berth/engine";
import { isEndState } from "@berth/engine";
import { covering } from "./covering.ts";
import { fullFor, legsOf, unfinishedOf, windowOf } from "./permit-counts.ts";
import { mayServe, type StoredRecords } from "./stored.ts";

export function isStuck(stored: StoredRecords, leg: LegRecord, at: number): boolean {
  const task = stored.taskOf(leg);
  if (!isAssembling(stored, task)) return isStuckAlone(stored, leg, at);
  return (
    legsOf(stored, task).some((each) => isStuckAlone(stored, each, at)) || !couldEverHaveRoom(stored, task)
  );
}

/** It starts together, and has not begun. */
export function isAssembling(stored: StoredRecords, task: TaskRecord): boolean {
  if (task.plan?.rollout.type !== "together" || task.targets.length === 1) return false;
  return legsOf(stored, task).every((leg) => leg.state === "waiting" && leg.attempt === 0);
}

function isStuckAlone(stored: StoredRecords, leg: LegRecord, at: number): boolean {
  const task = stored.taskOf(leg);
  return (
    (leg.readyAt !== null && leg.readyAt > at) ||
    awaitsChildren(stored, task, leg) ||
    covering(stored, leg, at).length > 0 ||
    leg.joined !== null ||
    (leg.attempt === 0 && unfinishedOf(stored, task) >= windowOf(task)) ||
    fullFor(stored, leg).length > 0 ||
    sessionsFor(stored, leg).length === 0 ||
    isQuarantined(stored, task, leg)
  );
}

function awaitsChildren(stored: StoredRecords, task: TaskRecord, leg: LegRecord): boolean {
  if (task.plan?.steps[leg.step]?.awaitsChildren !== true) return false;
  return [...stored.tasks.values()].some(
    ({ plan, status }) => plan?.parent === task.id && !isEndState(status.state),
  );
}

function sessionsFor(stored: StoredRecords, leg: LegRecord): SessionRecord[] {
  return [...stored.sessions.values()].filter(
    (session) => mayServe(session, stored, leg.target) && !session.draining,
  );
}

function isQuarantined(stored: StoredRecords, { mutex }: TaskRecord, leg: LegRecord): boolean {
  if (leg.mode === "bypass") return false;
  return [...stored.quarantines.values()].some((each) => each.target === leg.target && each.mutex === mutex);
}

/** Its legs that hold slots could all find a place in the sessions of their targets, if nothing else were there. */
function couldEverHaveRoom(stored: StoredRecords, task: TaskRecord): boolean {
  const seats = new Map<string, number>();
  for (const session of stored.sessions.values()) seats.set(session.id, session.capacity);
  const legs = legsOf(stored, task).filter(({ mode }) => mode !== "bypass");
  return canSeat(
    legs.map((leg) => sessionsFor(stored, leg).map(({ id }) => id)),
    seats,
  );
}

/** Tries every way, so it is slow and sure. */
function canSeat(choices: readonly (readonly string[])[], seats: Map<string, number>): boolean {
  const [first, ...others] = choices;
  if (first === undefined) return true;
  for (const session of first) {
    const left = seats.get(session) ?? 0;
    if (left === 0) continue;
    seats.set(session, left - 1);
    const fits = canSeat(others, seats);
    seats.set(session, left);
    if (fits) return true;
  }
  return false;
}
