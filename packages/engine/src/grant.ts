import type { DeliverEffect } from "./decision.ts";
import { coveringHolds } from "./hold.ts";
import { becomeGranted } from "./leg.ts";
import { firstObstacle, type Rule } from "./rules.ts";
import { eligibleCount, isEligible, roomiestSession } from "./serving.ts";
import type { Leg, Line, Session } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Grants whatever can start now in the lines that something happened to. */
export function grantWhatCanStart(turn: Turn): void {
  for (let line = turn.takeLine(); line !== null; line = turn.takeLine()) pump(turn, line);
}

/** Only the head of a line is looked at: it can start, or it steps aside, or nothing behind it can start either. */
function pump(turn: Turn, line: Line): void {
  unbar(turn, line);
  for (let leg = line.waiting.first; leg !== undefined; leg = line.waiting.first) {
    const obstacle = firstObstacle(turn.state, leg, turn.at);
    if (obstacle === null) grant(turn, leg);
    else if (obstacle.stopsThe === "leg") stepAside(turn, leg);
    else {
      wait(turn, line, leg, obstacle);
      return;
    }
  }
}

function grant(turn: Turn, leg: Leg): void {
  becomeGranted(turn, leg, sessionFor(leg));
  turn.send(delivery(leg));
}

/** Where several sessions serve a target, the broker decides who gets a delivery: then whoever has it must claim it. */
function sessionFor(leg: Leg): Session | null {
  return eligibleCount(leg.target) > 1 ? null : roomiestSession(leg.target);
}

export function delivery(leg: Leg): DeliverEffect {
  if (leg.token === null) throw new Error(`leg ${leg.id} is delivered without a token`);
  return {
    type: "deliver",
    target: leg.target.id,
    task: leg.task.id,
    leg: leg.id,
    kind: leg.task.kind,
    name: leg.task.name,
    mode: leg.mode,
    attempt: leg.attempt,
    token: leg.token,
    session: leg.session?.id ?? null,
    timeoutMs: leg.task.timeoutMs,
  };
}

/** A held leg leaves its line until the hold ends. (It cannot be too early or joined: those are never in line.) */
function stepAside(turn: Turn, leg: Leg): void {
  const [hold] = coveringHolds(turn.state, leg, 1);
  if (hold === undefined) throw new Error(`leg ${leg.id} steps aside for no hold`);
  leg.line.waiting.remove(leg);
  leg.heldBy = hold;
  hold.legs.add(leg);
}

/** Notes who has to look here again, where that is not whoever holds the slot. */
function wait(turn: Turn, line: Line, leg: Leg, obstacle: Rule): void {
  if (line.type !== "slot") return;
  if (obstacle.code === "slot-taken" && leg.mode === "exclusive") {
    line.barred = true;
    turn.state.barredSlots.add(line);
  }
  if (obstacle.code === "at-capacity") {
    for (const session of leg.target.sessions) if (isEligible(session)) session.starved.add(line);
  }
}

function unbar(turn: Turn, line: Line): void {
  if (line.type !== "slot" || !line.barred) return;
  line.barred = false;
  turn.state.barredSlots.delete(line);
}
