import type { Failure } from "./command.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { becomeCancelling, becomeEnded, becomeParked, becomeWaiting, enterLine } from "./leg.ts";
import { countText, durationText } from "./phrase.ts";
import { attemptsMax, onUnknownResult } from "./policy.ts";
import type { OopsRecord, ParkingRecord } from "./record.ts";
import { stopIfNeverStarted } from "./rollout.ts";
import { give } from "./semaphore.ts";
import type { Leg } from "./state.ts";
import { assembleAgainIfUnbegun } from "./together.ts";
import type { Turn } from "./turn.ts";
import type { EndState } from "./words.ts";

/** The system failed to process the attempt: it is tried again with back-off, until its attempts are used up. */
export function failAttempt(turn: Turn, leg: Leg, failure: Failure): void {
  countFailure(leg);
  const { kind } = leg.task;
  const most = attemptsMax(kind, leg.target.policy);
  const why = `${failure.type}: ${failure.value}`;
  if (leg.failures < most) {
    recordOops(turn, leg, failure, "retry");
    const readyAt = turn.at + backoffMs(turn, leg.failures);
    becomeWaiting(turn, leg, readyAt, `attempt ${leg.attempt} failed: ${why}`);
  } else if (kind === "health-check") {
    recordOops(turn, leg, failure, "unavailable");
    becomeEnded(
      turn,
      leg,
      "unavailable",
      `${countText(leg.failures, "attempt")} failed, the last one with ${why}`,
    );
  } else {
    recordOops(turn, leg, failure, "parked");
    const reason = `${countText(leg.failures, "attempt")} failed, the last one with ${why}`;
    becomeParked(turn, leg, reason, parkingFor("failures", leg, failure));
  }
}

/** One attempt fails once: one that was lost and adopted has been counted and has made its OOPS. */
function countFailure(leg: Leg): void {
  if (!wasLost(leg)) leg.failures += 1;
}

function wasLost({ parking, token }: Leg): boolean {
  return parking !== null && parking.token !== null && parking.token === token;
}

/** The versions with which it was parked before are kept: what none of them can process does not go round for ever. */
function parkingFor(what: ParkingRecord["for"], leg: Leg, failure: Failure): ParkingRecord {
  const versions = new Set(leg.parking?.versions);
  if (what === "failures" && leg.session !== null) versions.add(leg.session.version);
  return {
    for: what,
    fingerprint: fingerprintOf(leg.task, failure),
    versions: [...versions].slice(-versionsMax),
    token: what === "decision" ? leg.token : null,
  };
}

const versionsMax = 20;

/** The grant was not used, so it was no attempt: the leg waits again at its old place. */
export function giveBack(turn: Turn, leg: Leg): void {
  leg.attempt -= 1;
  if (leg.attempt === 0 && leg.task.window !== null) give(turn, leg.task.window);
  if (stopIfNeverStarted(turn, leg)) return;
  becomeWaiting(turn, leg, null, null);
  assembleAgainIfUnbegun(turn, leg.task);
  // The run of its followers has not begun either, so they may expire again.
  if (leg.followers !== null) for (const follower of leg.followers) enterLine(turn, follower);
}

/** Its tentacle says that it never started: it was no attempt, or it has been cancelled in time. */
export function returnUnstarted(turn: Turn, leg: Leg): void {
  if (leg.state === "cancelling") endCancelled(turn, leg, null);
  else giveBack(turn, leg);
}

/** Nobody knows how the attempt ended. It is never taken for a success, nor is a deploy run again blindly. */
export function loseAttempt(turn: Turn, leg: Leg, failure: Failure): void {
  if (leg.state === "cancelling") {
    endCancelled(turn, leg, failure);
  } else if (onUnknownResult(leg.task.kind, leg.target.policy) === "retry") {
    failAttempt(turn, leg, failure);
  } else {
    countFailure(leg);
    recordOops(turn, leg, failure, "parked");
    const reason = `nobody knows how attempt ${leg.attempt} ended (${failure.value}): somebody must decide`;
    becomeParked(turn, leg, reason, parkingFor("decision", leg, failure));
  }
}

/** A cancelled attempt is over, or given up. A timeout made its OOPS when its time was up; any other failure does now. */
export function endCancelled(turn: Turn, leg: Leg, failure: Failure | null): void {
  const { cancel } = leg;
  if (cancel === null) throw new Error(`leg ${leg.id} ends as cancelled without a cancel`);
  if (failure !== null && cancel.endsAs === "canceled") recordOops(turn, leg, failure, "canceled");
  becomeEnded(turn, leg, cancel.endsAs, cancel.reason);
}

/** The time of the attempt is up: its tentacle is asked to end it, and the task has failed. */
export function timeOutAttempt(turn: Turn, leg: Leg): void {
  recordTimeout(turn, leg);
  askForEnd(turn, leg, "berth", timeoutText(leg), "failed");
}

/** The tentacle has ended the attempt because its time was up. */
export function endTimedOut(turn: Turn, leg: Leg): void {
  recordTimeout(turn, leg);
  becomeEnded(turn, leg, "failed", timeoutText(leg));
}

function recordTimeout(turn: Turn, leg: Leg): void {
  recordOops(turn, leg, { type: "AttemptTimedOut", value: timeoutText(leg), text: null }, "failed");
}

function timeoutText(leg: Leg): string {
  return `the attempt took longer than its timeout of ${durationText(leg.task.timeoutMs ?? 0)}`;
}

/** Asks whoever runs the leg to end it, with a deadline: no tentacle can keep a task in `cancelling` for ever. */
export function askForEnd(
  turn: Turn,
  leg: Leg,
  by: string,
  reason: string,
  endsAs: "canceled" | "failed",
): void {
  const { settings } = turn.state;
  const graceMs = leg.task.cancelGraceMs ?? settings.cancelGraceMs;
  const deadlineAt = turn.at + graceMs + settings.cancelMarginMs;
  becomeCancelling(turn, leg, { at: turn.at, by, reason, deadlineAt, endsAs });
  sendCancel(turn, leg);
}

export function sendCancel(turn: Turn, leg: Leg): void {
  if (leg.session === null || leg.token === null || leg.cancel === null) return;
  const graceMs = leg.task.cancelGraceMs ?? turn.state.settings.cancelGraceMs;
  const { reason } = leg.cancel;
  turn.send({ type: "cancel", session: leg.session.id, leg: leg.id, token: leg.token, graceMs, reason });
}

/**
 * Doubles with each failure, with half of it by chance: what failed together must not come back together.
 * Exponential back-off with "equal jitter", see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
function backoffMs(turn: Turn, failures: number): number {
  const { backoffBaseMs, backoffMaxMs } = turn.state.settings;
  const full = Math.min(backoffMaxMs, backoffBaseMs * 2 ** (failures - 1));
  return Math.ceil(full / 2 + (full / 2) * turn.draw());
}

function recordOops(
  turn: Turn,
  leg: Leg,
  failure: Failure,
  consequence: "retry" | "parked" | EndState,
): void {
  if (wasLost(leg)) return;
  const oops: OopsRecord = {
    // One attempt makes one OOPS: recording it again would be recording the same one.
    id: `oops-${leg.id}.${leg.attempt}`,
    type: failure.type,
    value: failure.value,
    fingerprint: fingerprintOf(leg.task, failure),
    text: failure.text,
    at: turn.at,
    task: leg.task.id,
    leg: leg.id,
    attempt: leg.attempt,
    token: leg.token,
    kind: leg.task.kind,
    name: leg.task.name,
    target: leg.target.id,
    session: leg.session?.id ?? null,
    tentacle: leg.session?.tentacle ?? null,
    version: leg.session?.version ?? null,
    grantedAt: leg.grantedAt,
    startedAt: leg.startedAt,
    consequence,
  };
  turn.record({ type: "oops", oops });
}
