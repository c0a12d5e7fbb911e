// What becomes of a leg when its attempt ends, in whatever way.
import type { AttemptOutcome, EndState, Failure, LegState, ParkingRecord } from "@berth/engine";
import { learn } from "./estimate.ts";
import { grant } from "./granting.ts";
import { attemptsOf, unknownResultOf } from "./policy.ts";
import { noteOutcome } from "./versions.ts";
import {
  byPlace,
  childrenOf,
  eligibleSessions,
  liveLegs,
  lives,
  type RefLeg,
  type RefTask,
  target,
  type World,
} from "./world.ts";

export function waitAgain(leg: RefLeg, readyAt: number | null): void {
  leg.state = "waiting";
  leg.token = null;
  leg.session = null;
  leg.readyAt = readyAt;
  leg.startedAt = null;
  leg.cancel = null;
}

/** An end state never changes. Equal checks that joined share the end, unless it is none. */
export function end(world: World, leg: RefLeg, state: EndState): void {
  leg.state = state;
  leg.session = null;
  leg.readyAt = null;
  shareEnd(world, leg, state);
  noteOutcome(world, leg);
  if (!lives(leg.task)) noteEndOfChild(world, leg.task);
}

function noteEndOfChild(world: World, child: RefTask): void {
  const parent = world.tasks.find(({ id }) => id === child.plan?.parent);
  if (parent === undefined || !lives(parent)) return;
  if (child.legs.some(({ state }) => state !== "succeeded")) parent.childrenFailed += 1;
}

function shareEnd(world: World, leg: RefLeg, state: EndState): void {
  const followers = followersOf(world, leg);
  if (state === "canceled" || state === "timed-out") {
    promote(followers);
    return;
  }
  for (const follower of followers) {
    follower.task.startedAt ??= leg.startedAt;
    follower.startedAt = leg.startedAt;
    follower.exitCode = leg.exitCode;
    end(world, follower, state);
  }
}

export function followersOf(world: World, leg: RefLeg): RefLeg[] {
  return liveLegs(world).filter((each) => each.joined === leg);
}

/** The first of them runs for itself and for the others. */
export function promote(followers: readonly RefLeg[]): void {
  const [first, ...rest] = followers.toSorted(byPlace);
  if (first === undefined) return;
  first.joined = null;
  for (const each of rest) each.joined = first;
}

/** It was no attempt. */
export function giveBack(leg: RefLeg): void {
  leg.attempt -= 1;
  waitAgain(leg, null);
}

export function giveBackUnstarted(world: World, leg: RefLeg): void {
  if (leg.state === "cancelling") endCancelled(world, leg, null);
  else giveBack(leg);
}

export function noteOops(world: World, { id, attempt }: RefLeg): void {
  world.oopses.add(`${id}.${attempt}`);
}

/** An attempt that was lost and adopted has been counted: one attempt fails once. */
function noteFailure(world: World, leg: RefLeg): void {
  if (world.oopses.has(`${leg.id}.${leg.attempt}`)) return;
  noteOops(world, leg);
  leg.failures += 1;
}

export function fail(world: World, leg: RefLeg, failure: Failure): void {
  const { kind } = leg.task;
  noteFailure(world, leg);
  if (leg.failures < attemptsOf(kind, target(world, leg.target).policy)) {
    const { backoffBaseMs, backoffMaxMs } = world.limits;
    const most = Math.min(backoffMaxMs, backoffBaseMs * 2 ** (leg.failures - 1));
    waitAgain(leg, world.chance.readyAt(leg.id, world.at + most / 2, world.at + most));
  } else if (kind === "health-check") end(world, leg, "unavailable");
  else park(world, leg, "failures", failure);
}

function park(world: World, leg: RefLeg, why: ParkingRecord["for"], failure: Failure): void {
  const versions = new Set(leg.parking?.versions);
  const session = world.sessions.find(({ id }) => id === leg.session);
  if (why === "failures" && session !== undefined) versions.add(session.version);
  leg.parking = {
    for: why,
    fingerprint: fingerprintOf(leg.task, failure),
    versions: [...versions],
    token: why === "decision" ? leg.token : null,
  };
  leg.state = "parked";
  leg.token = null;
  leg.session = null;
  leg.readyAt = null;
  leg.cancel = null;
  promote(followersOf(world, leg));
  noteOutcome(world, leg);
}

/** Numbers in a message make no other problem of it. */
function fingerprintOf({ kind, name }: RefTask, { type, value }: Failure): string {
  return `${kind}|${name}|${type}|${value.replaceAll(/\d+/g, "<n>")}`;
}

/** Nobody knows how it ended. */
export function lose(world: World, leg: RefLeg, failure: Failure): void {
  if (leg.state === "cancelling") endCancelled(world, leg, failure);
  else if (unknownResultOf(leg.task.kind, target(world, leg.target).policy) === "retry")
    fail(world, leg, failure);
  else {
    noteFailure(world, leg);
    park(world, leg, "decision", failure);
  }
}

export function endCancelled(world: World, leg: RefLeg, failure: Failure | null): void {
  const endsAs = leg.cancel?.endsAs ?? "canceled";
  if (failure !== null && endsAs === "canceled") noteOops(world, leg);
  end(world, leg, endsAs);
}

export function askForEnd(world: World, leg: RefLeg, endsAs: "canceled" | "failed"): number {
  const { cancelGraceMs, cancelMarginMs } = world.limits;
  const deadlineAt = world.at + (leg.task.cancelGraceMs ?? cancelGraceMs) + cancelMarginMs;
  leg.state = "cancelling";
  leg.cancel = { at: world.at, by: "", reason: "", deadlineAt, endsAs };
  return deadlineAt;
}

export function noteStart(world: World, leg: RefLeg): void {
  leg.startedAt ??= world.at;
  leg.task.startedAt ??= leg.startedAt;
}

export function finish(world: World, leg: RefLeg, outcome: AttemptOutcome): void {
  noteStart(world, leg);
  if ("exitCode" in outcome) leg.exitCode = outcome.exitCode;
  if (leg.state === "cancelling") finishCancelled(world, leg, outcome);
  else if (outcome.type === "succeeded") succeed(world, leg);
  else if (outcome.type === "failed") end(world, leg, "failed");
  else if (outcome.type === "timed-out") {
    noteOops(world, leg);
    end(world, leg, "failed");
  } else {
    const unasked = { type: "EndedUnasked", value: "ended unasked", text: null };
    fail(world, leg, outcome.type === "error" ? outcome.failure : unasked);
  }
}

/** Who was asked to end and finished first is told as it was. */
function finishCancelled(world: World, leg: RefLeg, outcome: AttemptOutcome): void {
  const isAsked = leg.cancel?.endsAs === "canceled";
  if (isAsked && outcome.type === "succeeded" && !hasNextStep(leg)) end(world, leg, "succeeded");
  else if (isAsked && outcome.type === "failed") end(world, leg, "failed");
  else endCancelled(world, leg, outcome.type === "error" ? outcome.failure : null);
}

export function hasNextStep({ step, task }: RefLeg): boolean {
  return step + 1 < (task.plan?.steps.length ?? 0);
}

/** The next step of a task that keeps its slot follows at once, if the tentacle takes anything and no child is awaited. */
function succeed(world: World, leg: RefLeg): void {
  learn(world, leg, world.at - (leg.startedAt ?? world.at));
  if (!hasNextStep(leg)) {
    end(world, leg, "succeeded");
    return;
  }
  leg.step += 1;
  leg.exitCode = null;
  leg.failures = 0;
  const stays = eligibleSessions(world, leg.target).some(({ id }) => id === leg.session);
  const isKept = leg.task.plan?.slotScope === "task" && stays;
  if (isKept && !awaitsChildren(world, leg) && !isFailedByChildren(leg)) grant(world, leg);
  else waitAgain(leg, null);
}

function awaitsChildren(world: World, { task, step }: RefLeg): boolean {
  return task.plan?.steps[step]?.awaitsChildren === true && childrenOf(world, task).length > 0;
}

function isFailedByChildren({ task, step }: RefLeg): boolean {
  const next = task.plan?.steps[step];
  return next?.awaitsChildren === true && next.onChildFailure === "fail" && task.childrenFailed > 0;
}

/** What follows by itself from how things are: an awaited child has failed, or a rollout has. */
export function settle(world: World): void {
  for (let leg = hopeless(world); leg !== undefined; leg = hopeless(world)) {
    end(world, leg, isFailedByChildren(leg) && !awaitsChildren(world, leg) ? "failed" : "canceled");
  }
}

function hopeless(world: World): RefLeg | undefined {
  return liveLegs(world).find((leg) => {
    if (leg.state !== "waiting") return false;
    const fails = isFailedByChildren(leg) && !awaitsChildren(world, leg);
    // What expires at this very time ends as what it is.
    const expires = leg.task.queueExpiresAt !== null && leg.task.queueExpiresAt <= world.at;
    return fails || (leg.attempt === 0 && !expires && isStopped(leg.task));
  });
}

const badEnds: ReadonlySet<LegState> = new Set(["failed", "unavailable", "timed-out"]);

function isStopped({ plan, legs }: RefTask): boolean {
  if (plan?.rollout.type !== "rolling" || plan.rollout.failuresMax === null) return false;
  return legs.filter(({ state }) => badEnds.has(state)).length > plan.rollout.failuresMax;
}

/** What a person, or a tentacle that came back, says about an attempt that nobody knew about. `false`: nothing. */
export function settleUnknown(world: World, leg: RefLeg, outcome: AttemptOutcome): boolean {
  if (outcome.type !== "succeeded" && outcome.type !== "failed") return false;
  leg.exitCode = outcome.exitCode;
  if (outcome.type === "failed") end(world, leg, "failed");
  else if (!hasNextStep(leg)) end(world, leg, "succeeded");
  else {
    leg.step += 1;
    leg.exitCode = null;
    leg.failures = 0;
    waitAgain(leg, null);
  }
  return true;
}
