// Tentacles: their sessions, what they claim and what they report.
import type { ClaimCommand, KnownAttempt, OpenSessionCommand, ReportCommand } from "@berth/engine";
import {
  endCancelled,
  fail,
  finish,
  giveBack,
  giveBackUnstarted,
  lose,
  noteStart,
  settleUnknown,
} from "./attempts.ts";
import { stops } from "./reasons.ts";
import { type Answer, done, refused } from "./reply.ts";
import {
  eligibleSessions,
  holds,
  lineOf,
  liveLeg,
  liveLegs,
  type RefLeg,
  type RefSession,
  serves,
  type World,
} from "./world.ts";

export function openSession(world: World, command: OpenSessionCommand): Answer {
  const { session: id, user, tentacle, version, targets, capacity } = command;
  let session = world.sessions.find((each) => each.id === id);
  if (session !== undefined && session.tentacle !== tentacle) return refused("session_conflict");
  const isNew = session === undefined;
  const leaseUntil = world.at + world.limits.leaseMs;
  const fresh = { openedAt: world.at, draining: false, leaseUntil };
  session ??= { id, user, tentacle, version, targets, capacity, ...fresh };
  session.leaseUntil = leaseUntil;
  if (isNew) world.sessions.push(session);
  const known = command.knows.map((each) => [each, adopt(world, session, command.succeeds, each)] as const);
  if (isNew) endPredecessors(world, command);
  const running = known.filter(([{ outcome }]) => outcome === null);
  return {
    type: "session",
    leaseMs: world.limits.leaseMs,
    targetsUnknown: session.targets.filter(
      (name) => !world.targets.some((each) => each.id === name) || !serves(world, session, name),
    ),
    adopted: running.filter(([, isAdopted]) => isAdopted).map(([{ leg }]) => leg),
    dropped: running.filter(([, isAdopted]) => !isAdopted).map(([{ leg }]) => leg),
  };
}

function endPredecessors(world: World, { session, tentacle, succeeds, knows }: OpenSessionCommand): void {
  for (const id of succeeds.filter((each) => each !== session)) {
    const predecessor = world.sessions.find((each) => each.id === id && each.tentacle === tentacle);
    if (predecessor !== undefined) endSession(world, predecessor, `tentacle ${tentacle} was started again`);
  }
  const stillRun = knows.filter(({ outcome }) => outcome === null).map(({ token }) => token);
  world.quarantines = world.quarantines.filter(
    (each) => each.tentacle !== tentacle || !succeeds.includes(each.session) || stillRun.includes(each.token),
  );
}

/** `true`: the attempt is the one that counts, and goes on under the new session, or its result has been taken. */
function adopt(
  world: World,
  session: RefSession,
  predecessors: readonly string[],
  { leg: id, token, outcome }: KnownAttempt,
): boolean {
  if (outcome !== null) world.quarantines = world.quarantines.filter((each) => each.token !== token);
  const leg = liveLeg(world, id);
  if (leg === undefined) return false;
  const holder = world.sessions.find((each) => each.id === leg.session);
  const isIts =
    holder?.tentacle === session.tentacle && (holder === session || predecessors.includes(holder.id));
  if (leg.token === token && isIts) {
    noteStart(world, leg);
    // A next step is not for the predecessor. What failed, failed with its version.
    if (outcome?.type === "succeeded") leg.session = session.id;
    if (outcome !== null) finish(world, leg, outcome);
    else {
      leg.session = session.id;
      if (leg.state === "granted") leg.state = "running";
    }
    return true;
  }
  if (leg.state !== "parked" || leg.parking?.for !== "decision" || leg.parking.token !== token) return false;
  if (outcome !== null) return settleUnknown(world, leg, outcome);
  if (!isSlotFree(world, leg)) return false;
  Object.assign(leg, { state: "running", token, session: session.id });
  noteStart(world, leg);
  return true;
}

function isSlotFree(world: World, leg: RefLeg): boolean {
  if (leg.mode === "bypass") return true;
  const { mutex } = leg.task;
  if (world.quarantines.some((each) => each.target === leg.target && each.mutex === mutex)) return false;
  const holders = liveLegs(world).filter((each) => holds(each) && lineOf(each) === lineOf(leg));
  return holders.every((holder) => holder.mode === "shared" && leg.mode === "shared");
}

export function beat(world: World, id: string): Answer {
  const session = world.sessions.find((each) => each.id === id);
  if (session === undefined) return refused("session_unknown");
  session.leaseUntil = world.at + world.limits.leaseMs;
  return { type: "beat", leaseUntil: session.leaseUntil };
}

export function drain(world: World, id: string): Answer {
  const session = world.sessions.find((each) => each.id === id);
  if (session === undefined) return refused("session_unknown");
  session.draining = true;
  takeBackUnclaimed(world);
  return done;
}

/** Nobody is left to claim them. */
export function takeBackUnclaimed(world: World): void {
  for (const leg of liveLegs(world)) {
    const isUnclaimed = leg.state === "granted" && leg.session === null;
    if (isUnclaimed && eligibleSessions(world, leg.target).length === 0) giveBack(leg);
  }
}

export function close(world: World, id: string): Answer {
  const session = world.sessions.find((each) => each.id === id);
  if (session === undefined) return refused("session_unknown");
  for (const leg of liveLegs(world))
    if (leg.session === id && leg.startedAt === null) giveBackUnstarted(world, leg);
  endSession(world, session, `tentacle ${session.tentacle} was stopped`);
  return done;
}

/** What it had not reported is lost with it. */
export function endSession(world: World, session: RefSession, why: string): void {
  for (const leg of liveLegs(world).filter((each) => each.session === session.id))
    lose(world, leg, { type: "SessionLost", value: why, text: null });
  world.sessions = world.sessions.filter((each) => each !== session);
  takeBackUnclaimed(world);
}

export function claim(world: World, { session: id, leg: legId, token }: ClaimCommand): Answer {
  const session = world.sessions.find((each) => each.id === id);
  if (session === undefined) return refused("session_unknown");
  const leg = liveLeg(world, legId);
  if (leg?.token !== token || leg.state !== "granted") return { type: "claim", answer: "drop" };
  if (leg.session === id) return { type: "claim", answer: "run" };
  if (leg.session !== null || !serves(world, session, leg.target)) return { type: "claim", answer: "drop" };
  const isHeld = world.holds.some((hold) => stops(world, hold, leg, world.at));
  if (isHeld && !goesOnFromStep(leg)) {
    giveBack(leg);
    return { type: "claim", answer: "drop" };
  }
  leg.session = id;
  return { type: "claim", answer: "run" };
}

/** No hold stops the next step of what keeps its slot from step to step. */
function goesOnFromStep({ step, failures, task: { plan } }: RefLeg): boolean {
  return step > 0 && failures === 0 && plan?.slotScope === "task" && !plan.steps[step]?.awaitsChildren;
}

export function takeReport(world: World, { session, leg: id, token, report }: ReportCommand): Answer {
  const leg = liveLeg(world, id);
  if (leg === undefined || leg.token !== token || leg.session !== session) {
    const proves = report.type !== "started" && report.type !== "progress";
    const isShut = world.quarantines.some((each) => each.token === token);
    if (!proves || !isShut) return refused("stale_token");
    world.quarantines = world.quarantines.filter((each) => each.token !== token);
    return done;
  }
  if (report.type === "started") {
    if (leg.state === "granted") leg.state = "running";
    noteStart(world, leg);
  } else if (report.type === "finished") finish(world, leg, report.outcome);
  else if (report.type === "lost") lose(world, leg, report.failure);
  else if (report.type === "rejected" && "failure" in report) {
    if (leg.state === "cancelling") endCancelled(world, leg, report.failure);
    else fail(world, leg, report.failure);
  } else if (report.type === "rejected") takeBack(world, leg, report.reason);
  return done;
}

function takeBack(world: World, leg: RefLeg, reason: "draining" | "revoked"): void {
  if (reason === "draining" && leg.session !== null) drain(world, leg.session);
  if (leg.startedAt === null || leg.state === "cancelling") giveBackUnstarted(world, leg);
  else lose(world, leg, { type: "GivenBackAfterStart", value: reason, text: null });
}
