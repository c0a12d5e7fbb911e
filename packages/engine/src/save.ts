import { durationRecords } from "./duration.ts";
import type {
  CancelRecord,
  HoldRecord,
  LegRecord,
  LiveRecords,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
  TaskRecord,
  TaskStatus,
} from "./record.ts";
import { allSemaphores, type Semaphore } from "./semaphore.ts";
import type { Hold, Leg, Session, State, Target, Task } from "./state.ts";
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
    plan: task.plan,
    schedule: task.schedule,
    status: taskStatus(task),
  };
}

export function taskStatus(task: Task): TaskStatus {
  return {
    state: taskState(task),
    priority: task.priority,
    startedAt: task.startedAt,
    endedAt: task.endedAt,
    childrenFailed: task.family?.childrenFailed ?? 0,
  };
}

/** A task is where its leg is. With several, it is what matters most of where they are. */
export function taskState(task: Task): TaskState {
  const { tally } = task;
  if (tally !== null) return statesByWeight.find((state) => tally[state] > 0) ?? "waiting";
  const leg = task.legs[0];
  if (leg === undefined) throw new Error(`task ${task.id} has no leg`);
  return leg.state;
}

/** While any leg lives, the task lives. Parked comes before waiting, because somebody has to do something. */
const statesByWeight: readonly TaskState[] = [
  "running",
  "cancelling",
  "granted",
  "parked",
  "waiting",
  "failed",
  "unavailable",
  "timed-out",
  "canceled",
  "succeeded",
];

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
    joined: leg.joined?.id ?? leg.answeredBy,
    step: leg.step,
    parking: leg.parking,
  };
}

export function targetRecord(target: Target): TargetRecord {
  return { id: target.id, policy: target.policy, tags: target.tags, users: target.users };
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
    user: session.user,
  };
}

export function semaphoreRecord(semaphore: Semaphore): SemaphoreRecord {
  return { id: semaphore.name ?? "", limit: semaphore.limit };
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
    longerThanMs: hold.longerThanMs,
  };
}

/** The whole live state, as the store should have it. */
export function liveRecords(state: State): LiveRecords {
  const targets = [...state.targets.values()];
  return {
    tasks: [...state.tasks.values()].map(taskRecord),
    legs: [...state.tasks.values()].flatMap((task) => task.legs.map(legRecord)),
    targets: targets.map(targetRecord),
    sessions: [...state.sessions.values()].map(sessionRecord),
    holds: [...state.holds.values()].map(holdRecord),
    quarantines: targets.flatMap((target) =>
      [...target.slots.values()].flatMap((slot) => [...slot.quarantines.values()]),
    ),
    semaphores: allSemaphores(state)
      .filter((each) => each.isSet)
      .map(semaphoreRecord),
    schedules: [...state.schedules.values()].map((schedule) => schedule.record),
    durations: targets.flatMap((target) => [...durationRecords(target)]),
    counters: { order: state.orderCounter, token: state.tokenCounter },
  };
}
