import type {
  CancelRecord,
  HoldRecord,
  LegRecord,
  LiveRecords,
  SessionRecord,
  TargetRecord,
  TaskRecord,
  TaskStatus,
} from "./record.ts";
import { type Hold, type Leg, liveLegs, type Session, type State, type Target, type Task } from "./state.ts";
import type { TaskState } from "./words.ts";

export function taskRecord(task: Task): TaskRecord {
  return {
    id: task.id,
    kind: task.kind,
    name: task.name,
    targets: task.legs.map((leg) => leg.target.id),
    mutex: task.mutex,
    digest: task.digest,
    order: task.order,
    queuedAt: task.queuedAt,
    notBefore: task.notBefore,
    queueExpiresAt: task.queueExpiresAt,
    timeoutMs: task.timeoutMs,
    estimateMs: task.estimateMs,
    cancelGraceMs: task.cancelGraceMs,
    status: taskStatus(task),
  };
}

export function taskStatus(task: Task): TaskStatus {
  return {
    state: taskState(task),
    priority: task.priority,
    startedAt: task.startedAt,
    endedAt: task.endedAt,
  };
}

/** A task is where its leg is. (With several legs: where the one is that has come least far.) */
export function taskState(task: Task): TaskState {
  const leg = task.legs[0];
  if (leg === undefined) throw new Error(`task ${task.id} has no leg`);
  return leg.state;
}

export function legRecord(leg: Leg): LegRecord {
  return {
    id: leg.id,
    task: leg.task.id,
    target: leg.target.id,
    mode: leg.mode,
    state: leg.state,
    attempt: leg.attempt,
    failures: leg.failures,
    token: leg.token,
    session: leg.session === null ? null : leg.session.id,
    readyAt: leg.readyAt,
    grantedAt: leg.grantedAt,
    startedAt: leg.startedAt,
    endedAt: leg.endedAt,
    exitCode: leg.exitCode,
    reason: leg.reason,
    cancel: leg.cancel satisfies CancelRecord | null,
    joined: leg.joined === null ? null : leg.joined.id,
  };
}

export function targetRecord(target: Target): TargetRecord {
  return { id: target.id, policy: target.policy, tags: target.tags };
}

export function sessionRecord(session: Session): SessionRecord {
  return {
    id: session.id,
    tentacle: session.tentacle,
    version: session.version,
    targets: session.targets,
    capacity: session.capacity,
    openedAt: session.openedAt,
    draining: session.draining,
  };
}

export function holdRecord(hold: Hold): HoldRecord {
  return {
    id: hold.id,
    scope: hold.scope,
    owner: hold.owner,
    reason: hold.reason,
    placedAt: hold.placedAt,
    from: hold.from,
    until: hold.until,
  };
}

/** The whole live state, as the store should have it. */
export function liveRecords(state: State): LiveRecords {
  const targets = [...state.targets.values()];
  return {
    tasks: [...state.tasks.values()].map(taskRecord),
    legs: [...liveLegs(state)].map(legRecord),
    targets: targets.map(targetRecord),
    sessions: [...state.sessions.values()].map(sessionRecord),
    holds: [...state.holds.values()].map(holdRecord),
    quarantines: targets.flatMap((target) =>
      [...target.slots.values()].flatMap((slot) => [...slot.quarantines.values()]),
    ),
    counters: { order: state.orderCounter, token: state.tokenCounter },
  };
}
