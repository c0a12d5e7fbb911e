import type {
  LegRecord,
  Mode,
  ParkingRecord,
  PriorityClass,
  TaskKind,
  TaskPlan,
  TaskRecord,
  TaskState,
} from "@berth/engine";
import type { StoredTask } from "../port.ts";
import type { StoredRow } from "./requests.ts";

/**
 * What a row keeps of a task and of a leg besides its columns: a JSON list of values. Without the names of the fields
 * it is half as long, and it is written with each commit. The order of the values is part of the schema: a migration
 * has to rewrite what is stored before it may change. What few tasks have comes last, and is left out by the others.
 */
export function encodeTask(task: TaskRecord): string {
  const values: TaskValues = [
    task.mutex,
    task.digest,
    task.order,
    task.targets.length === 1 ? null : task.targets,
    task.notBefore,
    task.queueExpiresAt,
    task.timeoutMs,
    task.estimateMs,
    task.cancelGraceMs,
  ];
  if (task.plan !== null || task.schedule !== null) values.push(task.plan, task.schedule);
  return JSON.stringify(values);
}

type TaskValues = [
  mutex: string,
  digest: string,
  order: number,
  targets: readonly string[] | null,
  notBefore: number | null,
  queueExpiresAt: number | null,
  timeoutMs: number | null,
  estimateMs: number | null,
  cancelGraceMs: number | null,
  plan?: TaskPlan | null,
  schedule?: string | null,
];

/** The digest in what `encodeTask` made. */
export function digestIn(record: string): string {
  return (JSON.parse(record) as TaskValues)[1];
}

/** The targets in what `encodeTask` made; none where the task has exactly one. */
export function targetsIn(record: string): readonly string[] {
  return (JSON.parse(record) as TaskValues)[3] ?? [];
}

/** Where the task comes from, in what `encodeTask` made. */
export function originIn(record: string): {
  readonly parent: string | null;
  readonly schedule: string | null;
} {
  const [, , , , , , , , , plan, schedule] = JSON.parse(record) as TaskValues;
  return { parent: plan?.parent ?? null, schedule: schedule ?? null };
}

export function encodeLeg(leg: LegRecord): string {
  const values: LegValues = [
    leg.id,
    leg.mode,
    leg.state,
    leg.attempt,
    leg.failures,
    leg.token,
    leg.session,
    leg.readyAt,
    leg.grantedAt,
    leg.startedAt,
    leg.endedAt,
    leg.exitCode,
    leg.reason,
    leg.cancel,
    leg.joined,
  ];
  if (leg.step !== 0 || leg.parking !== null) values.push(leg.step, leg.parking);
  return JSON.stringify(values);
}

type LegValues = [
  id: string,
  mode: Mode,
  state: LegRecord["state"],
  attempt: number,
  failures: number,
  token: string | null,
  session: string | null,
  readyAt: number | null,
  grantedAt: number | null,
  startedAt: number | null,
  endedAt: number | null,
  exitCode: number | null,
  reason: string | null,
  cancel: LegRecord["cancel"],
  joined: string | null,
  step?: number,
  parking?: ParkingRecord | null,
];

export function decodeStoredTask({ task: row, legs: severalLegs }: StoredRow): StoredTask {
  const [, id, kind, name, queuedAt, state, priority, startedAt, endedAt, childrenFailed, ...rest] = row;
  const [target, record, leg] = rest;
  const [mutex, digest, order, severalTargets, ...others] = JSON.parse(record) as TaskValues;
  const [notBefore, queueExpiresAt, timeoutMs, estimateMs, cancelGraceMs, plan = null, schedule = null] =
    others;
  const targets = target === null ? (severalTargets ?? []) : [target];
  const task: TaskRecord = {
    id,
    kind: kind as TaskKind,
    name,
    targets,
    mutex,
    digest,
    order,
    queuedAt,
    notBefore,
    queueExpiresAt,
    timeoutMs,
    estimateMs,
    cancelGraceMs,
    plan,
    schedule,
    status: {
      state: state as TaskState,
      priority: priority as PriorityClass,
      startedAt,
      endedAt,
      childrenFailed,
    },
  };
  const legs = target !== null && leg !== null ? [decodeLeg(id, target, leg)] : [];
  const byTarget = new Map(severalLegs);
  for (const each of severalTargets ?? []) {
    const text = byTarget.get(each);
    if (text !== undefined) legs.push(decodeLeg(id, each, text));
  }
  return { task, legs };
}

function decodeLeg(task: string, target: string, text: string): LegRecord {
  const [id, mode, state, attempt, failures, token, session, ...rest] = JSON.parse(text) as LegValues;
  const [readyAt, grantedAt, startedAt, endedAt, exitCode, reason, cancel, joined, step = 0, parking = null] =
    rest;
  return {
    id,
    task,
    target,
    mode,
    state,
    attempt,
    failures,
    token,
    session,
    readyAt,
    grantedAt,
    startedAt,
    endedAt,
    exitCode,
    reason,
    cancel,
    joined,
    step,
    parking,
  };
}
