// Records as the engine makes them, with what a test does not care about filled in.
import { randomUUID } from "node:crypto";
import type {
  DurationRecord,
  HoldRecord,
  LegRecord,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SessionRecord,
  TargetRecord,
  TaskPlan,
  TaskRecord,
  TaskState,
  TaskStatus,
} from "@berth/engine";
import type { NewLogLine, StoreChange, StoredTask } from "@berth/store";

/** When most tests begin; ms since 1970. */
export const startedAt: number = Date.UTC(2026, 0, 5, 12);

export function status(state: TaskState, parts: Partial<TaskStatus> = {}): TaskStatus {
  const hasEnded = ["succeeded", "failed", "canceled", "timed-out", "unavailable"].includes(state);
  return {
    state,
    priority: "normal",
    startedAt: null,
    endedAt: hasEnded ? startedAt + 60_000 : null,
    childrenFailed: 0,
    ...parts,
  };
}

export function task(parts: Partial<TaskRecord> = {}): TaskRecord {
  const id = parts.id ?? randomUUID();
  return {
    id,
    kind: "deploy",
    name: "Deploy shop",
    targets: ["web-1"],
    mutex: "script",
    digest: `digest of ${id}`,
    order: 1,
    queuedAt: startedAt,
    notBefore: null,
    queueExpiresAt: null,
    timeoutMs: null,
    estimateMs: null,
    cancelGraceMs: null,
    plan: null,
    schedule: null,
    status: status("waiting"),
    ...parts,
  };
}

/** A plan with nothing in it. */
export const ordinaryPlan: TaskPlan = {
  rollout: { type: "rolling", window: null, failuresMax: null },
  semaphores: [],
  parent: null,
  supersedes: null,
  slotScope: "task",
  steps: [],
  spreadMs: null,
};

/** The leg of a task on one of its targets, in the task's state. */
export function leg(of: TaskRecord, parts: Partial<LegRecord> = {}): LegRecord {
  const target = parts.target ?? of.targets[0] ?? "web-1";
  return {
    id: `${of.id}.${of.targets.indexOf(target) + 1}`,
    task: of.id,
    target,
    mode: "exclusive",
    state: of.status.state,
    attempt: 0,
    failures: 0,
    token: null,
    session: null,
    readyAt: null,
    grantedAt: null,
    startedAt: null,
    endedAt: of.status.endedAt,
    exitCode: null,
    reason: null,
    cancel: null,
    joined: null,
    step: 0,
    parking: null,
    ...parts,
  };
}

export function added(record: TaskRecord): StoreChange {
  return { type: "task.added", task: record };
}

export function changed(record: TaskRecord, to: TaskStatus): StoreChange {
  return { type: "task.changed", id: record.id, status: to };
}

export function legChanged(record: LegRecord): StoreChange {
  return { type: "leg", leg: record };
}

export function payload(record: TaskRecord, text: string): StoreChange {
  return { type: "payload", task: record.id, payload: text };
}

/** A task with a leg on each of its targets. */
export function submitted(record: TaskRecord): StoreChange[] {
  return [added(record), ...record.targets.map((target) => legChanged(leg(record, { target })))];
}

/** The task as it is read after `submitted`. */
export function stored(record: TaskRecord): StoredTask {
  return { task: record, legs: record.targets.map((target) => leg(record, { target })) };
}

export function target(id: string, parts: Partial<TargetRecord> = {}): TargetRecord {
  return { id, policy: {}, tags: [], users: ["berth.default.web-1"], ...parts };
}

export function session(id: string, parts: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id,
    tentacle: "tentacle-1",
    version: "1.0.0",
    targets: ["web-1"],
    capacity: 1,
    openedAt: startedAt,
    draining: false,
    user: "berth.default.tentacle-1",
    ...parts,
  };
}

export function hold(id: string, parts: Partial<HoldRecord> = {}): HoldRecord {
  return {
    id,
    scope: { kinds: [], names: [], targets: [], tags: [] },
    owner: "alice",
    reason: "rollout",
    placedAt: startedAt,
    from: startedAt,
    until: null,
    longerThanMs: null,
    ...parts,
  };
}

export function schedule(id: string, parts: Partial<ScheduleRecord> = {}): ScheduleRecord {
  return {
    id,
    times: { type: "every", everyMs: 60_000, anchorAt: startedAt },
    missed: "skip",
    overlap: "skip",
    paused: false,
    owner: "alice",
    task: {
      kind: "job",
      name: "Nightly",
      targets: ["web-1"],
      mutex: "script",
      priority: "normal",
      variables: {},
      digest: `digest of ${id}`,
      timeoutMs: null,
      estimateMs: null,
      cancelGraceMs: null,
      plan: null,
      queueExpiryMs: null,
    },
    payload: "{}",
    nextAt: startedAt + 60_000,
    lastTask: null,
    ...parts,
  };
}

export function duration(target: string, parts: Partial<DurationRecord> = {}): DurationRecord {
  const { kind = "deploy", name = "Deploy shop", step = 0 } = parts;
  return { id: `${target}|${kind}|${step}|${name}`, target, kind, name, step, seconds: [3], ...parts };
}

export function quarantine(token: string, parts: Partial<QuarantineRecord> = {}): QuarantineRecord {
  return {
    target: "web-1",
    mutex: "script",
    leg: "task-1.1",
    token,
    session: "session-1",
    tentacle: "tentacle-1",
    since: startedAt,
    ...parts,
  };
}

export function oops(id: string, parts: Partial<OopsRecord> = {}): OopsRecord {
  return {
    id,
    type: "SessionLost",
    value: "the tentacle was lost",
    text: null,
    at: startedAt,
    task: null,
    leg: null,
    attempt: null,
    token: null,
    kind: null,
    name: null,
    target: null,
    session: null,
    tentacle: null,
    fingerprint: null,
    version: null,
    grantedAt: null,
    startedAt: null,
    consequence: null,
    ...parts,
  };
}

export function line(of: TaskRecord, number: number, parts: Partial<NewLogLine> = {}): NewLogLine {
  return {
    task: of.id,
    leg: `${of.id}.1`,
    attempt: 1,
    number,
    stream: "stdout",
    at: startedAt + number,
    text: `line ${number}`,
    ...parts,
  };
}

export function written(record: NewLogLine): StoreChange {
  return { type: "log", line: record };
}
