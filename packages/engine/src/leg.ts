import { isAssembling } from "./assembly.ts";
import { endForChildren, leaveParent } from "./family.ts";
import { isJoinable, leaveFollowers, promote, settleFollowers } from "./followers.ts";
import { leaveHold } from "./hold.ts";
import { deleteFrom } from "./keyed.ts";
import { leaveQueue } from "./queue.ts";
import type { CancelRecord, ParkingRecord } from "./record.ts";
import { stopRollout } from "./rollout.ts";
import { taskState } from "./save.ts";
import {
  forgetSemaphoreIfUnused,
  give,
  givePermits,
  namedSemaphores,
  take,
  takePermits,
} from "./semaphore.ts";
import { forgetIfEmpty, type Leg, type Session, type Task } from "./state.ts";
import { isAwaitingChildren, isFailedByChildren } from "./step.ts";
import { assemble, forgetAssembly, lookAgainAt, withdraw } from "./together.ts";
import type { Turn } from "./turn.ts";
import { leaveParked, noteComingBack, noteEndOfReleased, noteParked } from "./version-release.ts";
import { type EndState, isEndState, type LegState } from "./words.ts";

/*
 * The life of a leg. Each `become…` sets every field that depends on the state, in this one place:
 *
 *   waiting ──▶ granted ──▶ running ──▶ an end state
 *      ▲           │           │
 *      │           └─────┬─────┴──▶ cancelling ──▶ an end state
 *      ├── back-off ◀────┤
 *      └── release ◀── parked
 */

/** Waits for its turn, not before `readyAt`. */
export function becomeWaiting(turn: Turn, leg: Leg, readyAt: number | null, reason: string | null): void {
  leaveGrant(turn, leg);
  if (leg.state === "parked") comeBack(turn, leg);
  setState(leg, "waiting");
  leg.token = null;
  leg.readyAt = readyAt;
  leg.grantedAt = null;
  leg.startedAt = null;
  leg.reason = reason;
  leg.cancel = null;
  turn.touch(leg);
  enterLine(turn, leg);
}

function comeBack(turn: Turn, leg: Leg): void {
  leaveParked(turn, leg);
  noteComingBack(turn.state, leg);
}

/** Has the right to run, under a new token. `session` is `null` where whoever gets the delivery must claim it. */
export function becomeGranted(turn: Turn, leg: Leg, session: Session | null): void {
  leaveLine(turn, leg);
  setState(leg, "granted");
  leg.attempt += 1;
  occupy(turn, leg);
  turn.state.tokenCounter += 1;
  leg.token = tokenText(turn.state.tokenPrefix, turn.state.tokenCounter);
  leg.readyAt = null;
  leg.grantedAt = turn.at;
  leg.startedAt = null;
  leg.reason = null;
  leg.cancel = null;
  if (session !== null) joinSession(leg, session);
  else if (leg.mode !== "bypass") leg.target.unclaimed += 1;
  turn.state.timers.set(leg, null);
  turn.touch(leg);
}

/** The next step of a leg whose task keeps the slot from step to step: what it holds passes on, under a new token. */
export function becomeGrantedAgain(turn: Turn, leg: Leg, session: Session | null): void {
  if (session === null && leg.session !== null) {
    leaveSession(turn, leg, leg.session);
    if (leg.mode !== "bypass") leg.target.unclaimed += 1;
  }
  setState(leg, "granted");
  leg.attempt += 1;
  turn.state.tokenCounter += 1;
  leg.token = tokenText(turn.state.tokenPrefix, turn.state.tokenCounter);
  leg.grantedAt = turn.at;
  leg.startedAt = null;
  turn.state.timers.set(leg, null);
  turn.touch(leg);
}

/** Counts the leg among what holds its line and its permits. */
function occupy(turn: Turn, leg: Leg): void {
  leg.line.holders.add(leg);
  takePermits(turn, leg);
  leaveQueuesOfTask(turn, leg.task);
  if (leg.attempt === 1 && leg.task.window !== null) take(turn, leg.task.window);
}

/** It has its permits now, for all of its legs. */
function leaveQueuesOfTask(turn: Turn, task: Task): void {
  if (task.queued === null || task.grantCount === 0) return;
  for (const leg of [...task.queued]) {
    if (leg.aside?.type === "queue") leaveQueue(leg, leg.aside);
    enterLine(turn, leg);
  }
}

export function setState(leg: Leg, state: LegState): void {
  const { tally } = leg.task;
  if (tally !== null) {
    tally[leg.state] -= 1;
    tally[state] += 1;
  }
  leg.state = state;
}

/** Whoever got its delivery may run it, and nobody else. */
export function becomeClaimed(turn: Turn, leg: Leg, session: Session): void {
  leaveUnclaimed(turn, leg);
  joinSession(leg, session);
  turn.touch(leg);
}

export function isUnclaimed(leg: Leg): boolean {
  return leg.state === "granted" && leg.session === null;
}

export function becomeRunning(turn: Turn, leg: Leg): void {
  setState(leg, "running");
  leg.startedAt = turn.at;
  leg.task.startedAt ??= turn.at;
  setTimeoutTimer(turn, leg);
  turn.touch(leg);
}

function setTimeoutTimer(turn: Turn, leg: Leg): void {
  const { timeoutMs } = leg.task;
  turn.state.timers.set(leg, timeoutMs === null ? null : (leg.startedAt ?? turn.at) + timeoutMs);
}

/** Its tentacle has been asked to end it. It holds its slot until the end is known or the deadline has passed. */
export function becomeCancelling(turn: Turn, leg: Leg, cancel: CancelRecord): void {
  setState(leg, "cancelling");
  leg.cancel = cancel;
  leg.reason = cancel.reason;
  turn.state.timers.set(leg, cancel.deadlineAt);
  turn.touch(leg);
}

/** Out of line until somebody decides, or a new version may do better. Meanwhile it answers for nobody. */
export function becomeParked(turn: Turn, leg: Leg, reason: string, parking: ParkingRecord): void {
  leaveGrant(turn, leg);
  leaveLine(turn, leg);
  setState(leg, "parked");
  leg.token = null;
  leg.readyAt = null;
  leg.reason = reason;
  leg.cancel = null;
  const before = leg.parking;
  leg.parking = parking;
  turn.state.timers.set(leg, null);
  turn.touch(leg);
  noteParked(turn, leg, before);
  const { followers } = leg;
  leg.followers = null;
  if (followers !== null) promote(turn, followers);
}

/** The end: it never changes again, and the engine forgets the leg. */
export function becomeEnded(turn: Turn, leg: Leg, state: EndState, reason: string | null): void {
  leaveGrant(turn, leg);
  leaveLine(turn, leg);
  if (leg.state === "parked") leaveParked(turn, leg);
  setState(leg, state);
  leg.readyAt = null;
  leg.endedAt = turn.at;
  leg.reason = reason;
  turn.state.timers.set(leg, null);
  turn.touch(leg);
  if (leg.attempt > 0 && leg.task.window !== null) give(turn, leg.task.window);
  forget(turn, leg);
  settleFollowers(turn, leg, state);
  noteEndOfReleased(turn, leg);
}

/** The attempt that nobody knew about still runs, under the token that it has always had. */
export function becomeAdopted(turn: Turn, leg: Leg, session: Session, token: string): void {
  leaveParked(turn, leg);
  setState(leg, "running");
  leg.token = token;
  leg.reason = null;
  leg.line.holders.add(leg);
  takePermits(turn, leg);
  leaveQueuesOfTask(turn, leg.task);
  joinSession(leg, session);
  leg.startedAt ??= turn.at;
  leg.task.startedAt ??= leg.startedAt;
  setTimeoutTimer(turn, leg);
  turn.touch(leg);
}

/** Another session of the same tentacle goes on with it. */
export function becomeMoved(turn: Turn, leg: Leg, session: Session): void {
  if (leg.session !== null) leaveSession(turn, leg, leg.session);
  joinSession(leg, session);
  turn.touch(leg);
}

/** In the order of strings as in the order of grants, so that whoever is written to can fence with it. */
function tokenText(prefix: string, counter: number): string {
  return prefix + String(counter).padStart(12, "0");
}

export function joinSession(leg: Leg, session: Session): void {
  leg.session = session;
  session.legs.add(leg);
  if (leg.mode !== "bypass") session.load += 1;
}

/**
 * Gives up what a grant holds: the room in its session, and its place among the holders. Who waits for the room is looked
 * at first: else a target with much to do would take it again and again, and its neighbours would never get any.
 */
function leaveGrant(turn: Turn, leg: Leg): void {
  if (leg.session !== null) leaveSession(turn, leg, leg.session);
  else if (leg.state === "granted") leaveUnclaimed(turn, leg);
  if (!leg.line.holders.delete(leg)) return;
  givePermits(turn, leg);
  turn.pump(leg.line);
  // A bypassing leg of a task that starts together stands in no line, and may have waited for this lane.
  if (leg.line.type === "lane") lookAgainAt(turn, leg.target);
}

/** It counted against the room of all sessions of its target; from now on against that of one at most. */
function leaveUnclaimed(turn: Turn, leg: Leg): void {
  if (leg.mode === "bypass") return;
  leg.target.unclaimed -= 1;
  for (const session of leg.target.sessions) pumpStarved(turn, session);
}

function leaveSession(turn: Turn, leg: Leg, session: Session): void {
  leg.session = null;
  session.legs.delete(leg);
  if (leg.mode === "bypass") return;
  session.load -= 1;
  pumpStarved(turn, session);
}

/** There may be room, or nobody to wait for any more. */
export function pumpStarved(turn: Turn, session: Session): void {
  for (const slot of session.starved) turn.pump(slot);
  session.starved.clear();
}

/**
 * Puts a waiting leg where its turn can come: in its line, or behind a timer when it is not yet time. A leg that could
 * not start anyway is never in a line, so it stops nobody.
 */
export function enterLine(turn: Turn, leg: Leg): void {
  const { state, at } = turn;
  if (leg.joined !== null || isAwaitingChildren(leg)) {
    state.timers.set(leg, queueExpiry(leg));
    return;
  }
  if (isFailedByChildren(leg)) {
    endForChildren(turn, leg);
    return;
  }
  if (leg.readyAt !== null && leg.readyAt > at) {
    const expiry = queueExpiry(leg);
    state.timers.set(leg, expiry === null ? leg.readyAt : Math.min(leg.readyAt, expiry));
    return;
  }
  state.timers.set(leg, queueExpiry(leg));
  if (isAssembling(leg.task)) {
    if (!leg.task.assembly.isInLine) assemble(turn, leg.task);
    return;
  }
  if (leg.line.type === "lane" && isJoinable(leg) && !leg.line.joinable.has(leg.task.digest)) {
    leg.line.joinable.set(leg.task.digest, leg);
  }
  standInLine(turn, leg);
}

export function standInLine(turn: Turn, leg: Leg): void {
  const { waiting } = leg.line;
  const overtaken = waiting.first;
  waiting.add(leg);
  turn.pump(leg.line);
  // A task that is no longer at the head must not keep room any more.
  if (overtaken !== undefined && waiting.first === leg) turn.reconsider(overtaken.task);
}

/** `queueExpiry` bounds the wait for the first start; a task that has run once is not thrown away for its age. */
export function queueExpiry(leg: Leg): number | null {
  const { attempt } = leg.joined ?? leg;
  return attempt === 0 ? leg.task.queueExpiresAt : null;
}

/** Takes a waiting leg out of its line, wherever it waits. */
export function leaveLine(turn: Turn, leg: Leg): void {
  if (isAssembling(leg.task)) withdraw(turn, leg.task);
  if (leg.aside?.type === "hold") leaveHold(leg, leg.aside);
  else if (leg.aside?.type === "queue") leaveQueue(leg, leg.aside);
  else if (leg.lineIndex >= 0) leg.line.waiting.remove(leg);
  if (leg.line.type === "lane" && leg.line.joinable.get(leg.task.digest) === leg) {
    leg.line.joinable.delete(leg.task.digest);
  }
  if (leg.joined !== null) leaveFollowers(leg, leg.joined);
}

function forget(turn: Turn, leg: Leg): void {
  leg.line.legCount -= 1;
  if (isEndState(taskState(leg.task))) forgetTask(turn, leg.task);
  else stopRollout(turn, leg);
  // It may have stood at the head and barred others.
  turn.pump(leg.line);
  forgetIfEmpty(leg.line);
}

function forgetTask(turn: Turn, task: Task): void {
  const { state } = turn;
  task.endedAt = turn.at;
  state.tasks.delete(task.id);
  for (const { target } of task.legs) target.taskCount -= 1;
  turn.endTask(task);
  if (task.assembly !== null) forgetAssembly(turn, task);
  if (task.family !== null) leaveParent(turn, task, taskState(task) === "succeeded");
  if (task.plan === null) return;
  const { supersedes } = task.plan;
  if (supersedes !== null) deleteFrom(state.superseding, supersedes, task);
  for (const semaphore of namedSemaphores(state, task)) {
    semaphore.taskCount -= 1;
    forgetSemaphoreIfUnused(state, semaphore);
  }
}
