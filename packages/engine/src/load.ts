import type { Assembly } from "./assembly.ts";
import { loadDuration } from "./duration.ts";
import { familyOf } from "./family.ts";
import { indexHold, newHold } from "./hold.ts";
import { addTo } from "./keyed.ts";
import { enterLine, isUnclaimed, joinSession, setState } from "./leg.ts";
import { ordinary } from "./plan.ts";
import type { LegRecord, LiveRecords, QuarantineRecord, SessionRecord, TaskRecord } from "./record.ts";
import { newSchedule } from "./schedule.ts";
import { namedSemaphores, semaphoreNamed, takePermits } from "./semaphore.ts";
import { awaitTarget, mayServe } from "./service.ts";
import { newSession } from "./session.ts";
import type { Calendar, EngineSettings } from "./settings.ts";
import { emptyState, findLeg, type Leg, type State, slotOf, type Task } from "./state.ts";
import { newLeg, newTask } from "./submit.ts";
import { newTarget } from "./target.ts";
import { noteAssembly } from "./together.ts";
import { Turn } from "./turn.ts";
import { noteComingBack, noteParked } from "./version-release.ts";
import { isEndState } from "./words.ts";

/**
 * The state of a space as its last owner left it. Sessions get a whole lease from `at`: nobody knows when they were
 * last heard of, and a lease must not end early. Nothing is granted yet; `resend` does that.
 */
export function loadState(
  records: LiveRecords,
  settings: EngineSettings,
  calendar: Calendar,
  epoch: number,
  at: number,
): State {
  const state = emptyState(settings, calendar, epoch);
  state.orderCounter = records.counters.order;
  state.tokenCounter = records.counters.token;
  for (const record of records.targets) state.targets.set(record.id, newTarget(record));
  for (const record of records.sessions) loadSession(state, record, at);
  for (const record of records.holds) {
    const hold = newHold(record.id, record, record.placedAt, record.from);
    state.holds.set(hold.id, hold);
    indexHold(state, hold);
    hold.active = hold.from <= at;
    state.timers.set(hold, hold.active ? hold.until : hold.from);
  }
  for (const { id, limit } of records.semaphores) {
    const semaphore = semaphoreNamed(state, id);
    semaphore.limit = limit;
    semaphore.isSet = true;
  }
  for (const record of records.durations) {
    const target = state.targets.get(record.target);
    if (target !== undefined) loadDuration(target, record);
  }
  for (const record of records.schedules) {
    const schedule = newSchedule(record);
    state.schedules.set(record.id, schedule);
    state.timers.set(schedule, record.nextAt);
  }
  for (const record of records.quarantines) loadQuarantine(state, record);
  for (const record of records.tasks) state.tasks.set(record.id, loadTask(record));
  for (const task of state.tasks.values()) if (task.plan !== null) loadPlan(state, task);
  loadLegs(state, records.legs, at);
  return state;
}

function loadPlan(state: State, task: Task): void {
  for (const semaphore of namedSemaphores(state, task)) semaphore.taskCount += 1;
  const { supersedes, parent: parentId } = task.plan ?? ordinary;
  if (supersedes !== null) addTo(state.superseding, supersedes, task);
  const parent = parentId === null ? undefined : state.tasks.get(parentId);
  if (parent === undefined) return;
  familyOf(task).parent = parent;
  familyOf(parent).children.add(task);
}

function loadSession(state: State, record: SessionRecord, at: number): void {
  const session = newSession(record, at + state.settings.leaseMs);
  state.sessions.set(session.id, session);
  state.timers.set(session, session.leaseUntil);
  for (const name of session.targets) {
    const target = state.targets.get(name);
    if (target === undefined || !mayServe(session, target)) awaitTarget(state, name, session);
    else target.sessions.add(session);
  }
}

function loadTask(record: TaskRecord): Task {
  const task = newTask({ ...record, priority: record.status.priority }, record.order, record.queuedAt);
  task.startedAt = record.status.startedAt;
  if (record.status.childrenFailed > 0) familyOf(task).childrenFailed = record.status.childrenFailed;
  return task;
}

function loadLegs(state: State, records: readonly LegRecord[], at: number): void {
  const ordered = inOrderOfTheirTasks(state, records);
  const legs = ordered.map((record) => loadLeg(state, record));
  for (const [index, record] of ordered.entries()) {
    if (record.joined !== null && !isEndState(record.state))
      joinAgain(state, legs[index] as Leg, record.joined);
  }
  const turn = new Turn(state, at);
  for (const leg of legs) occupyAgain(turn, leg);
  for (const task of state.tasks.values())
    if (task.assembly !== null) loadAssembly(turn, task, task.assembly);
  for (const leg of legs) placeLeg(turn, leg);
}

/** A leg is found by its number, so those of one task have to come in order. Nearly all tasks have one. */
function inOrderOfTheirTasks(state: State, records: readonly LegRecord[]): readonly LegRecord[] {
  const several: LegRecord[] = [];
  const single: LegRecord[] = [];
  for (const record of records) {
    const isSingle = (state.tasks.get(record.task)?.tally ?? null) === null;
    (isSingle ? single : several).push(record);
  }
  if (several.length === 0) return records;
  return [...single, ...several.sort((one, other) => numberOf(one.id) - numberOf(other.id))];
}

function numberOf(leg: string): number {
  return Number(leg.slice(leg.lastIndexOf(".") + 1));
}

/** What was granted holds its slot and its permits again, before anything can wait for them. */
function occupyAgain(turn: Turn, leg: Leg): void {
  if (leg.attempt > 0 && !isEndState(leg.state) && leg.task.window !== null) leg.task.window.held += 1;
  if (leg.state !== "granted" && leg.state !== "running" && leg.state !== "cancelling") return;
  leg.line.holders.add(leg);
  takePermits(turn, leg);
}

function loadAssembly(turn: Turn, task: Task, assembly: Assembly): void {
  assembly.isOver = task.legs.some((leg) => leg.state !== "waiting" || leg.attempt > 0);
  if (!assembly.isOver) noteAssembly(turn, task);
}

function loadLeg(state: State, record: LegRecord): Leg {
  const task = state.tasks.get(record.task);
  const target = state.targets.get(record.target);
  if (task === undefined) throw new Error(`leg ${record.id} was stored without its task ${record.task}`);
  if (target === undefined)
    throw new Error(`leg ${record.id} was stored without its target ${record.target}`);
  const leg = newLeg(task, target, record.mode);
  setState(leg, record.state);
  leg.attempt = record.attempt;
  leg.failures = record.failures;
  leg.token = record.token;
  leg.readyAt = record.readyAt;
  leg.grantedAt = record.grantedAt;
  leg.startedAt = record.startedAt;
  leg.endedAt = record.endedAt;
  leg.exitCode = record.exitCode;
  leg.reason = record.reason;
  leg.cancel = record.cancel;
  leg.step = record.step;
  leg.parking = record.parking;
  target.taskCount += 1;
  if (isEndState(leg.state)) {
    leg.answeredBy = record.joined;
    return leg;
  }
  const session = record.session === null ? undefined : state.sessions.get(record.session);
  if (session !== undefined) joinSession(leg, session);
  leg.line.legCount += 1;
  return leg;
}

function joinAgain(state: State, leg: Leg, leaderId: string): void {
  const leader = findLeg(state, leaderId);
  if (leader === undefined)
    throw new Error(`leg ${leg.id} was stored as joined to ${leaderId}, which is not stored`);
  leg.joined = leader;
  leader.followers ??= [];
  leader.followers.push(leg);
}

/** Where the leg stands by its state: in line, among the holders, or aside; and its timer. */
function placeLeg(turn: Turn, leg: Leg): void {
  const { timers } = turn.state;
  if (leg.state !== "parked" && !isEndState(leg.state)) noteComingBack(turn.state, leg);
  switch (leg.state) {
    case "waiting":
      enterLine(turn, leg);
      return;
    case "granted":
      if (isUnclaimed(leg) && leg.mode !== "bypass") leg.target.unclaimed += 1;
      return;
    case "running":
      timers.set(leg, leg.task.timeoutMs === null ? null : (leg.startedAt ?? turn.at) + leg.task.timeoutMs);
      return;
    case "cancelling":
      timers.set(leg, leg.cancel?.deadlineAt ?? turn.at);
      return;
    case "parked":
      noteParked(turn, leg, null);
      return;
    default:
      return;
  }
}

function loadQuarantine(state: State, record: QuarantineRecord): void {
  const target = state.targets.get(record.target);
  if (target === undefined) throw new Error(`a quarantine was stored without its target ${record.target}`);
  const slot = slotOf(target, record.mutex);
  slot.quarantines.set(record.token, record);
  state.quarantinedSlots.set(record.token, slot);
}
