import type { LegRecord, ParkingRecord, TaskStatus } from "@berth/engine";
import { modeCode, modeOf, priorityCode, priorityOf, stateCode, stateOf } from "./codes.ts";

/**
 * The form of a task is all of it that changes, as one text: its target, its status and its leg, each JSON. What it does
 * not say is null, which the script takes from the form before. `batch.lua` has the other half of this agreement.
 */
export function formOf(target: string, status: string, leg: string): string {
  return `${target},\n${status},\n${leg}`;
}

/** In place of the target of a task that has several: its legs are beside the form. */
export const severalTargets = "0";

export const unsaid = "null";

/** The last ones are left out where they are as usual. */
export type StatusValues = [
  state: number,
  priority: number,
  startedAt?: number | null,
  endedAt?: number | null,
  childrenFailed?: number,
];

// Lists of values, each in one call: texts that are put together of many pieces take twice as long.
export function encodeStatus({ state, priority, startedAt, endedAt, childrenFailed }: TaskStatus): string {
  const [code, rank] = [stateCode(state), priorityCode(priority)];
  if (childrenFailed !== 0) return JSON.stringify([code, rank, startedAt, endedAt, childrenFailed]);
  if (endedAt !== null) return `[${code},${rank},${startedAt},${endedAt}]`;
  return startedAt === null ? `[${code},${rank}]` : `[${code},${rank},${startedAt}]`;
}

export function decodeStatus(values: StatusValues): TaskStatus {
  const [state, priority, startedAt = null, endedAt = null, childrenFailed = 0] = values;
  return { state: stateOf(state), priority: priorityOf(priority), startedAt, endedAt, childrenFailed };
}

export type LegValues = [
  id: string,
  mode: number,
  state: number,
  attempt: number,
  failures: number,
  token: string | null,
  session: string | null,
  readyAt: number | null,
  grantedAt: number | null,
  startedAt: number | null,
  endedAt: number | null,
  exitCode: number | null,
  reason?: string | null,
  cancel?: LegRecord["cancel"],
  joined?: string | null,
  step?: number,
  parking?: ParkingRecord | null,
];

export function encodeLeg(leg: LegRecord): string {
  const { task, id, reason, cancel, joined, step, parking } = leg;
  const values: LegValues = [
    // Most ids begin with that of their task.
    id.startsWith(task) ? id.slice(task.length) : `=${id}`,
    modeCode(leg.mode),
    stateCode(leg.state),
    leg.attempt,
    leg.failures,
    leg.token,
    leg.session,
    leg.readyAt,
    leg.grantedAt,
    leg.startedAt,
    leg.endedAt,
    leg.exitCode,
  ];
  if (reason !== null || cancel !== null || joined !== null || step !== 0 || parking !== null)
    values.push(reason, cancel, joined, step, parking);
  return JSON.stringify(values);
}

export function decodeLeg(task: string, target: string, values: LegValues): LegRecord {
  const [ownId, mode, state, attempt, failures, token, session, readyAt, grantedAt, ...rest] = values;
  const [startedAt, endedAt, exitCode, reason = null, cancel = null, joined = null, ...last] = rest;
  const [step = 0, parking = null] = last;
  return {
    id: ownId.startsWith("=") ? ownId.slice(1) : task + ownId,
    task,
    target,
    mode: modeOf(mode),
    state: stateOf(state),
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
