import { endCancelled, endTimedOut, failAttempt, giveBack, loseAttempt, returnUnstarted } from "./attempt.ts";
import type { AttemptOutcome, AttemptReport, ClaimCommand, ReportCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { awaitingShorter, learn } from "./duration.ts";
import { delivery } from "./grant.ts";
import { freeHeldLeg, stoppingHold } from "./hold.ts";
import { becomeClaimed, becomeEnded, becomeGrantedAgain, becomeRunning, becomeWaiting } from "./leg.ts";
import { endQuarantine } from "./quarantine.ts";
import { pumpTarget } from "./service.ts";
import { eligibleCount, isEligible } from "./serving.ts";
import { beginDrain, unknownSession } from "./session.ts";
import { findLeg, type Leg, type Session, type State } from "./state.ts";
import { hasNextStep, isAwaitingChildren, isFailedByChildren } from "./step.ts";
import { done, refused, type Turn } from "./turn.ts";
import { assertNever } from "./words.ts";

/** A report counts only with the token of the grant that is in force, from the session that holds it. */
export function takeReport(turn: Turn, command: ReportCommand): Reply {
  const leg = reportedLeg(turn.state, command) ?? grantedLeg(turn.state, command.leg, command.token);
  if (leg === null || leg.session === null || leg.session.id !== command.session) {
    if (provesAnEnd(command.report) && endQuarantine(turn, command.token)) return done;
    return stale(command.leg, command.token);
  }
  applyReport(turn, leg, leg.session, command.report);
  return done;
}

/** Looked for in its session, which has few: that of all tasks is a large map. */
function reportedLeg(state: State, { session, leg: id, token }: ReportCommand): Leg | null {
  const legs = state.sessions.get(session)?.legs;
  if (legs === undefined || legs.size > searchedMax) return null;
  for (const leg of legs) if (leg.token === token && leg.id === id) return leg;
  return null;
}

/** Comparing so many tokens costs less than to find one task among a million. */
const searchedMax = 8;

/** The leg, if this token is that of its grant and the grant is in force. */
function grantedLeg(state: State, id: string, token: string): Leg | null {
  const leg = findLeg(state, id);
  return leg !== undefined && leg.token === token ? leg : null;
}

function stale(leg: string, token: string): Reply {
  return refused(
    "stale_token",
    `token ${token} is not in force for leg ${leg}: it was granted again, has ended, or is not held by this session`,
  );
}

function provesAnEnd(report: AttemptReport): boolean {
  return report.type === "finished" || report.type === "lost" || report.type === "rejected";
}

function applyReport(turn: Turn, leg: Leg, session: Session, report: AttemptReport): void {
  switch (report.type) {
    case "started":
      if (leg.state === "granted") becomeRunning(turn, leg);
      else noteStart(turn, leg);
      return;
    case "progress":
      return;
    case "finished":
      noteStart(turn, leg);
      finish(turn, leg, report.outcome);
      return;
    case "lost":
      loseAttempt(turn, leg, report.failure);
      return;
    case "rejected":
      if (!("failure" in report)) takeBack(turn, leg, session, report.reason);
      else if (leg.state === "cancelling") endCancelled(turn, leg, report.failure);
      else failAttempt(turn, leg, report.failure);
      return;
    default:
      assertNever(report);
  }
}

/** A start may be told of late, or only by the end. */
export function noteStart(turn: Turn, leg: Leg): void {
  leg.startedAt ??= turn.at;
  leg.task.startedAt ??= leg.startedAt;
  turn.touch(leg);
}

export function finish(turn: Turn, leg: Leg, outcome: AttemptOutcome): void {
  if (outcome.type === "succeeded" || outcome.type === "failed") leg.exitCode = outcome.exitCode;
  if (leg.state === "cancelling") {
    finishCancelled(turn, leg, outcome);
    return;
  }
  switch (outcome.type) {
    case "succeeded":
      succeed(turn, leg);
      return;
    case "failed":
      becomeEnded(turn, leg, "failed", outcome.message);
      return;
    case "timed-out":
      endTimedOut(turn, leg);
      return;
    case "canceled":
      failAttempt(turn, leg, {
        type: "EndedUnasked",
        value: "the tentacle ended the attempt as cancelled, but nobody had cancelled it",
        text: null,
      });
      return;
    case "error":
      failAttempt(turn, leg, outcome.failure);
      return;
    default:
      assertNever(outcome);
  }
}

/** A step is done. Its slot passes on to the next one, unless that has to wait for something or somebody else. */
function succeed(turn: Turn, leg: Leg): void {
  if (learn(turn, leg, turn.at - (leg.startedAt ?? turn.at))) heedLearned(turn, leg);
  if (!hasNextStep(leg)) {
    becomeEnded(turn, leg, "succeeded", null);
    return;
  }
  beginNextStep(leg);
  const isKept = leg.task.plan?.slotScope === "task" && leg.session !== null && mayTakeMore(leg, leg.session);
  if (!isKept || isAwaitingChildren(leg) || isFailedByChildren(leg)) {
    becomeWaiting(turn, leg, null, null);
    return;
  }
  becomeGrantedAgain(turn, leg, eligibleCount(leg.target) > 1 ? null : leg.session);
  turn.send(delivery(leg));
}

function beginNextStep(leg: Leg): void {
  leg.step += 1;
  leg.failures = 0;
  leg.exitCode = null;
}

/** A window may be wide enough by now for what waits for it, or too narrow for what is in line and bars others. */
function heedLearned(turn: Turn, { target, task }: Leg): void {
  for (const leg of awaitingShorter(target, task.name)) freeHeldLeg(turn, leg);
  if (turn.state.holds.size > 0) pumpTarget(turn, target);
}

/** A session that has adopted an attempt need not serve its target. */
function mayTakeMore(leg: Leg, session: Session): boolean {
  return isEligible(session) && leg.target.sessions.has(session);
}

/** The result of an attempt that nobody knew about is found after all. `false`: it settles nothing. */
export function settleUnknown(turn: Turn, leg: Leg, outcome: AttemptOutcome): boolean {
  if (outcome.type === "failed") {
    leg.exitCode = outcome.exitCode;
    becomeEnded(turn, leg, "failed", outcome.message);
    return true;
  }
  if (outcome.type !== "succeeded") return false;
  leg.exitCode = outcome.exitCode;
  if (hasNextStep(leg)) {
    beginNextStep(leg);
    becomeWaiting(turn, leg, null, null);
  } else becomeEnded(turn, leg, "succeeded", null);
  return true;
}

/** What was asked to end and finished by itself first is told as it was; a timeout has failed all the same. */
function finishCancelled(turn: Turn, leg: Leg, outcome: AttemptOutcome): void {
  const asked = leg.cancel?.endsAs === "canceled";
  if (asked && outcome.type === "succeeded" && !hasNextStep(leg)) becomeEnded(turn, leg, "succeeded", null);
  else if (asked && outcome.type === "failed") becomeEnded(turn, leg, "failed", outcome.message);
  else endCancelled(turn, leg, outcome.type === "error" ? outcome.failure : null);
}

/** It says that it never started. */
function takeBack(turn: Turn, leg: Leg, session: Session, reason: "draining" | "revoked"): void {
  // Whoever says so is draining, whether its order to drain has come or not: it would get the same leg again, and again.
  if (reason === "draining") beginDrain(turn, session);
  if (leg.startedAt === null || leg.state === "cancelling") {
    returnUnstarted(turn, leg);
    return;
  }
  const value = `the tentacle gave the attempt back as not started (${reason}), after it had reported its start`;
  loseAttempt(turn, leg, { type: "GivenBackAfterStart", value, text: null });
}

/**
 * A delivery that names nobody goes to whoever claims it first. One that names another session is not to be run: that
 * session may start it at any time. If it can no longer get the message, it gives the grant back. A hold that has come
 * over a grant since it was made keeps it from being claimed.
 */
export function claim(turn: Turn, command: ClaimCommand): Reply {
  const session = turn.state.sessions.get(command.session);
  if (session === undefined) return unknownSession(command.session);
  const leg = grantedLeg(turn.state, command.leg, command.token);
  if (leg === null || leg.state !== "granted") return drop;
  if (leg.session === session) return run;
  if (leg.session !== null) {
    turn.send({ type: "revoke", session: leg.session.id, leg: leg.id, token: command.token });
    return drop;
  }
  if (!leg.target.sessions.has(session)) return drop;
  if (stoppingHold(turn.state, leg, turn.at) !== null && !goesOnFromStep(leg)) {
    giveBack(turn, leg);
    return drop;
  }
  becomeClaimed(turn, leg, session);
  return run;
}

/** Its task has held the slot since an earlier step: it runs, and no hold interrupts that. */
function goesOnFromStep(leg: Leg): boolean {
  const { plan } = leg.task;
  if (leg.step === 0 || leg.failures > 0 || plan?.slotScope !== "task") return false;
  return plan.steps[leg.step]?.awaitsChildren !== true;
}

const run: Reply = { type: "claim", answer: "run" };
const drop: Reply = { type: "claim", answer: "drop" };
