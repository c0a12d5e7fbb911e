import { endCancelled, sendCancel, timeOutAttempt } from "./attempt.ts";
import { delivery } from "./grant.ts";
import { activateHold, endHold } from "./hold.ts";
import { becomeEnded, enterLine, queueExpiry } from "./leg.ts";
import { durationText } from "./phrase.ts";
import { quarantineSlot } from "./quarantine.ts";
import { fireSchedule } from "./schedule.ts";
import { pumpTarget } from "./service.ts";
import { endLeases } from "./session.ts";
import { type Hold, type Leg, liveLegs, type Session } from "./state.ts";
import type { TimedThing } from "./timers.ts";
import type { Turn } from "./turn.ts";
import { fireRelease, releaseForVersions } from "./version-release.ts";
import { assertNever } from "./words.ts";

/** Fires every timer that is due, in the order in which they were due; ends of leases come last. */
export function tick(turn: Turn, heardUntil: number): void {
  const { timers } = turn.state;
  const sessions: Session[] = [];
  for (let thing = timers.takeDue(turn.at); thing !== null; thing = timers.takeDue(turn.at)) {
    if (thing.timed === "session") sessions.push(thing);
    else fire(turn, thing);
  }
  if (sessions.length > 0 || turn.state.unheard.size > 0) endLeases(turn, sessions, heardUntil);
}

/** Fires those timers that are due and decide what may start. Each command does so first. */
export function tickStarts(turn: Turn): void {
  const { timers } = turn.state;
  for (let thing = timers.takeDueStart(turn.at); thing !== null; thing = timers.takeDueStart(turn.at)) {
    if (thing.timed !== "session") fire(turn, thing);
  }
}

function fire(turn: Turn, thing: Exclude<TimedThing, Session>): void {
  switch (thing.timed) {
    case "leg":
      fireLeg(turn, thing);
      return;
    case "hold":
      fireHold(turn, thing);
      return;
    case "schedule":
      fireSchedule(turn, thing);
      return;
    case "release":
      fireRelease(turn, thing);
      return;
    default:
      assertNever(thing);
  }
}

function fireLeg(turn: Turn, leg: Leg): void {
  switch (leg.state) {
    case "waiting":
      fireWaiting(turn, leg);
      return;
    case "running":
      timeOutAttempt(turn, leg);
      return;
    case "cancelling":
      giveUp(turn, leg);
      return;
    default:
      throw new Error(`leg ${leg.id} is ${leg.state} and has a timer`);
  }
}

function fireWaiting(turn: Turn, leg: Leg): void {
  const expiry = queueExpiry(leg);
  // By the time of the timer, as others that are due as well may come before.
  if (expiry !== null && expiry <= leg.timerAt) {
    const waited = durationText(turn.at - leg.task.queuedAt);
    becomeEnded(turn, leg, "timed-out", `it had not started ${waited} after it was enqueued`);
  } else if (leg.aside === null && leg.lineIndex >= 0) {
    // A window has become too short for it.
    turn.state.timers.set(leg, expiry);
    turn.pump(leg.line);
    turn.reconsider(leg.task);
  } else if (leg.aside === null) {
    enterLine(turn, leg);
  }
}

/** The tentacle did not end it in time. The task is over; its slot stays shut, because the attempt may still run. */
function giveUp(turn: Turn, leg: Leg): void {
  quarantineSlot(turn, leg);
  endCancelled(turn, leg, {
    type: "CancelDeadlinePassed",
    value: `the tentacle did not end the attempt ${durationText(turn.at - (leg.cancel?.at ?? turn.at))} after it was asked to`,
    text: null,
  });
}

function fireHold(turn: Turn, hold: Hold): void {
  if (hold.active) endHold(turn, hold);
  else activateHold(turn, hold);
}

/** Deliveries and orders may be lost, and a new owner has everything to look at once. */
export function resend(turn: Turn): void {
  for (const leg of liveLegs(turn.state)) {
    if (leg.state === "granted") turn.send(delivery(leg));
    else if (leg.state === "cancelling") sendCancel(turn, leg);
  }
  for (const target of turn.state.targets.values()) {
    pumpTarget(turn, target);
    releaseForVersions(turn, target);
  }
}
