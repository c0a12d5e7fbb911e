import type { LegRecord, TaskPlan, TaskRecord } from "@berth/engine";
import type { StoredTask } from "../port.ts";
import { kindCode, kindOf } from "./codes.ts";
import { decodeLeg, decodeStatus, type LegValues, type StatusValues } from "./form.ts";

/** What of a task never changes. The last ones are left out where all of them are null. */
type RecordValues = [
  kind: number,
  name: string,
  targets: string | readonly string[],
  mutex: string,
  digest: string,
  order: number,
  queuedAt: number,
  notBefore?: number | null,
  queueExpiresAt?: number | null,
  timeoutMs?: number | null,
  estimateMs?: number | null,
  cancelGraceMs?: number | null,
  plan?: TaskPlan | null,
  schedule?: string | null,
];

export function encodeRecord(task: TaskRecord): string {
  const { notBefore, queueExpiresAt, timeoutMs, estimateMs, cancelGraceMs, plan, schedule } = task;
  const [target] = task.targets;
  const values: RecordValues = [
    kindCode(task.kind),
    task.name,
    target !== undefined && task.targets.length === 1 ? target : task.targets,
    task.mutex,
    task.digest,
    task.order,
    task.queuedAt,
  ];
  const isPlain = notBefore === null && queueExpiresAt === null && timeoutMs === null && estimateMs === null;
  if (!isPlain || cancelGraceMs !== null || plan !== null || schedule !== null)
    values.push(notBefore, queueExpiresAt, timeoutMs, estimateMs, cancelGraceMs, plan, schedule);
  return JSON.stringify(values);
}

/** A task as the scripts tell it: see `rows.lua`. `legs`: of a task with several targets. */
export type Row = [
  id: string,
  number: number,
  record: RecordValues,
  target: string | 0,
  status: StatusValues,
  leg: LegValues | null,
  legs?: readonly (readonly [target: string, leg: LegValues])[],
];

export interface NumberedTask extends StoredTask {
  /** Its place in the order of submit. */
  readonly number: number;
}

export function decodeRows(text: string): NumberedTask[] {
  return (JSON.parse(text) as Row[]).map(decodeRow);
}

function decodeRow([id, number, record, target, statusValues, leg, severalLegs = []]: Row): NumberedTask {
  const [kind, name, targets, mutex, digest, order, queuedAt, notBefore = null, ...rest] = record;
  const [queueExpiresAt = null, timeoutMs = null, estimateMs = null, cancelGraceMs = null, ...origin] = rest;
  const [plan = null, schedule = null] = origin;
  const task: TaskRecord = {
    id,
    kind: kindOf(kind),
    name,
    targets: typeof targets === "string" ? [targets] : targets,
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
    status: decodeStatus(statusValues),
  };
  if (target !== 0) return { number, task, legs: leg === null ? [] : [decodeLeg(id, target, leg)] };
  return { number, task, legs: inOrder(task, severalLegs) };
}

function inOrder(task: TaskRecord, several: NonNullable<Row[6]>): LegRecord[] {
  const byTarget = new Map(several);
  return task.targets.flatMap((target) => {
    const leg = byTarget.get(target);
    return leg === undefined ? [] : [decodeLeg(task.id, target, leg)];
  });
}
