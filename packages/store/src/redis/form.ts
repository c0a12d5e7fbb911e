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

// Written by hand, since this is done for each change: half the time of `JSON.stringify`.
export function encodeStatus({ state, priority, startedAt, endedAt, childrenFailed }: TaskStatus): string {
  const head = `[${stateCode(state)},${priorityCode(priority)}`;
  if (childrenFailed !== 0) return `${head},${startedAt},${endedAt},${childrenFailed}]`;
  if (endedAt !== null) return `${head},${startedAt},${endedAt}]`;
  return startedAt === null ? `${head}]` : `${head},${startedAt}]`;
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
  const { task, id, token, session } = leg;
  // Most ids begin with that of their task.
  const ownId = id.startsWith(task) ? id.slice(task.length) : `=${id}`;
  const head =
    `[${JSON.stringify(ownId)},${modeCode(leg.mode)},${stateCode(leg.state)},${leg.attempt},${leg.failures},` +
    `${token === null ? "null" : JSON.stringify(token)},${session === null ? "null" : JSON.stringify(session)},` +
    `${leg.readyAt},${leg.grantedAt},${leg.startedAt},${leg.endedAt},${leg.exitCode}`;
  const { reason, cancel, joined, step, parking } = leg;
  if (reason === null && cancel === null && joined === null && step === 0 && parking === null)
    return `${head}]`;
  return `${head},${JSON.stringify([reason, cancel, joined, step, parking]).slice(1)}`;
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
