import { indexHold, newHold } from "./hold.ts";
import { enterLine, isUnclaimed, joinSession } from "./leg.ts";
import type { LegRecord, LiveRecords, QuarantineRecord, SessionRecord, TaskRecord } from "./record.ts";
import { awaitTarget, newSession } from "./session.ts";
import type { EngineSettings } from "./settings.ts";
import { emptyState, findLeg, type Leg, type State, slotOf, type Task } from "./state.ts";
import { newLeg, newTask } from "./submit.ts";
import { newTarget } from "./target.ts";
import { Turn } from "./turn.ts";

/**
 * The state of a space as its last owner left it. Sessions get a whole lease from `at`: nobody knows when they were
 * last heard of, and a lease must not end early. Nothing is granted yet; `resend` does that.
 */
export function loadState(records: LiveRecords, settings: EngineSettings, epoch: number, at: number): State {
  const state = emptyState(settings, epoch);
  state.orderCounter = records.counters.order;
  state.tokenCounter = records.counters.token;
  for (const record of records.targets) state.targets.set(record.id, newTarget(record));
  for (const record of records.sessions) loadSession(state, record, at);
  for (const record of records.holds) {
    const hold = newHold(record.id, record, record.placedAt, record.from);
    state.holds.set(hold.id, hold);
    if (hold.from <= at) indexHold(state, hold);
    state.timers.set(hold, hold.active ? hold.until : hold.from);
  }
  for (const record of records.tasks) state.tasks.set(record.id, loadTask(record));
  loadLegs(state, records.legs, at);
  for (const record of records.quarantines) loadQuarantine(state, record);
  return state;
}

function loadSession(state: State, record: SessionRecord, at: number): void {
  const session = newSession(record, at + state.settings.leaseMs);
  state.sessions.set(session.id, session);
  state.timers.set(session, session.leaseUntil);
  for (const name of session.targets) {
    const target = state.targets.get(name);
    if (target === undefined) awaitTarget(state, name, session);
    else target.sessions.add(session);
  }
}

function loadTask(record: TaskRecord): Task {
  const task = newTask({ ...record, priority: record.status.priority }, record.order, record.queuedAt);
  task.startedAt = record.status.startedAt;
  return task;
}

function loadLegs(state: State, records: readonly LegRecord[], at: number): void {
  const legs = records.map((record) => loadLeg(state, record));
  for (const [index, record] of records.entries()) {
    if (record.joined !== null) joinAgain(state, legs[index] as Leg, record.joined);
  }
  const turn = new Turn(state, at);
  for (const leg of legs) placeLeg(turn, leg);
}

function loadLeg(state: State, record: LegRecord): Leg {
  const task = state.tasks.get(record.task);
  const target = state.targets.get(record.target);
  if (task === undefined) throw new Error(`leg ${record.id} was stored without its task ${record.task}`);
  if (target === undefined)
    throw new Error(`leg ${record.id} was stored without its target ${record.target}`);
  const leg = newLeg(task, target, record.mode);
  leg.state = record.state;
  leg.attempt = record.attempt;
  leg.failures = record.failures;
  leg.token = record.token;
  leg.readyAt = record.readyAt;
  leg.grantedAt = record.grantedAt;
  leg.startedAt = record.startedAt;
  leg.exitCode = record.exitCode;
  leg.reason = record.reason;
  leg.cancel = record.cancel;
  const session = record.session === null ? undefined : state.sessions.get(record.session);
  if (session !== undefined) joinSession(leg, session);
  target.legCount += 1;
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
  switch (leg.state) {
    case "waiting":
      enterLine(turn, leg);
      return;
    case "granted":
      leg.line.holders.add(leg);
      if (isUnclaimed(leg) && leg.mode !== "bypass") leg.target.unclaimed += 1;
      return;
    case "running":
      leg.line.holders.add(leg);
      timers.set(leg, leg.task.timeoutMs === null ? null : (leg.startedAt ?? turn.at) + leg.task.timeoutMs);
      return;
    case "cancelling":
      leg.line.holders.add(leg);
      timers.set(leg, leg.cancel?.deadlineAt ?? turn.at);
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
