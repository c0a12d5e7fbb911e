// What the store keeps, as the API shows it.
import type {
  HoldRecord,
  LegRecord,
  OopsRecord,
  QuarantineRecord,
  SessionRecord,
  TargetRecord,
  TaskPlan,
} from "@berth/engine";
import type {
  Clearance,
  ClearanceView,
  ExplainView,
  Explanation,
  HoldView,
  LegView,
  LogLineView,
  OopsView,
  Payload,
  Plan,
  SemaphoreFigures,
  SemaphoreView,
  TargetView,
  TaskView,
} from "@berth/protocol";
import type { LogLine, StoredTask } from "@berth/store";

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

export function taskView(space: string, { task, legs }: StoredTask, payload?: Payload): TaskView {
  const { id, kind, name, targets, mutex, status, timeoutMs, estimateMs } = task;
  return {
    id,
    space,
    kind,
    name,
    targets: [...targets],
    mutex,
    state: status.state,
    priority: status.priority,
    queuedAt: isoTime(task.queuedAt),
    startedAt: isoTimeOrNull(status.startedAt),
    endedAt: isoTimeOrNull(status.endedAt),
    notBefore: isoTimeOrNull(task.notBefore),
    queueExpiresAt: isoTimeOrNull(task.queueExpiresAt),
    timeoutMs,
    estimateMs,
    plan: task.plan === null ? null : planView(task.plan),
    schedule: task.schedule,
    legs: legs.map((leg) => legView(leg, task.plan)),
    ...(payload === undefined ? {} : { payload }),
  };
}

function planView(plan: TaskPlan): Plan {
  return { ...plan, semaphores: [...plan.semaphores], steps: [...plan.steps] };
}

function legView(leg: LegRecord, plan: TaskPlan | null): LegView {
  const { id, target, mode, state, attempt, failures, token, session, exitCode, reason, cancel, joined } =
    leg;
  const { parking } = leg;
  return {
    id,
    target,
    mode,
    state,
    attempt,
    failures,
    token,
    session,
    readyAt: isoTimeOrNull(leg.readyAt),
    grantedAt: isoTimeOrNull(leg.grantedAt),
    startedAt: isoTimeOrNull(leg.startedAt),
    endedAt: isoTimeOrNull(leg.endedAt),
    exitCode,
    reason,
    cancel:
      cancel === null
        ? null
        : {
            at: isoTime(cancel.at),
            by: cancel.by,
            reason: cancel.reason,
            deadlineAt: isoTime(cancel.deadlineAt),
          },
    joined,
    step: plan === null || plan.steps.length === 0 ? null : leg.step,
    parking:
      parking === null
        ? null
        : { for: parking.for, fingerprint: parking.fingerprint, versions: [...parking.versions] },
  };
}

export function logLineView({ position, leg, attempt, stream, at, text }: LogLine): LogLineView {
  return { position, leg, attempt, stream, at: isoTime(at), text };
}

export function explainView({ task, state, legs }: Explanation): ExplainView {
  return {
    task,
    state,
    legs: legs.map((leg) => ({
      ...leg,
      estimatedStartAt: isoTimeOrNull(leg.estimatedStartAt),
      causes: leg.causes.map((cause) => ({
        ...cause,
        until: isoTimeOrNull(cause.until),
        blockers: cause.blockers.map((blocker) => ({ ...blocker, since: isoTimeOrNull(blocker.since) })),
      })),
    })),
  };
}

/** The sessions and quarantines are those of the target. */
export function targetView(
  { id, policy, tags, users }: TargetRecord,
  sessions: readonly SessionRecord[],
  quarantines: readonly QuarantineRecord[],
): TargetView {
  return {
    name: id,
    policy,
    tags: [...tags],
    users: [...users],
    sessions: sessions.map(({ id, tentacle, version, openedAt, draining }) => {
      return { id, tentacle, version, openedAt: isoTime(openedAt), draining };
    }),
    quarantines: quarantines.map(({ mutex, leg, token, tentacle, since }) => {
      return { mutex, leg, token, tentacle, since: isoTime(since) };
    }),
  };
}

export function holdView(
  { id, scope, owner, reason, placedAt, from, until, longerThanMs }: HoldRecord,
  now: number,
): HoldView {
  const { kinds, names, targets, tags } = scope;
  return {
    id,
    scope: { kinds: [...kinds], names: [...names], targets: [...targets], tags: [...tags] },
    owner,
    reason,
    placedAt: isoTime(placedAt),
    from: isoTime(from),
    until: isoTimeOrNull(until),
    longerThanMs,
    active: isActive({ from, until }, now),
  };
}

export function isActive({ from, until }: Pick<HoldRecord, "from" | "until">, now: number): boolean {
  return from <= now && (until === null || now < until);
}

export function clearanceView({ isClear, clearAt, running, quarantines }: Clearance): ClearanceView {
  return {
    isClear,
    clearAt: isoTimeOrNull(clearAt),
    running: running.map(({ since, expectedEndAt, ...leg }) => {
      return { ...leg, since: isoTime(since), expectedEndAt: isoTimeOrNull(expectedEndAt) };
    }),
    quarantines: quarantines.map(({ session: _session, since, ...shown }) => {
      return { ...shown, since: isoTime(since) };
    }),
  };
}

export function semaphoreView({ id, limit, held, isSet }: SemaphoreFigures): SemaphoreView {
  return { name: id, limit, held, isSet };
}

export function oopsView(oops: OopsRecord): OopsView {
  const { token: _token, ...shown } = oops;
  return {
    ...shown,
    at: isoTime(oops.at),
    grantedAt: isoTimeOrNull(oops.grantedAt),
    startedAt: isoTimeOrNull(oops.startedAt),
  };
}
