import type { LiftHoldCommand, PlaceHoldCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { enterLine } from "./leg.ts";
import { durationText } from "./phrase.ts";
import { holdRecord } from "./save.ts";
import type { Hold, Leg, State, Target } from "./state.ts";
import { done, refused, type Turn } from "./turn.ts";

/** Holds stack: a leg is free when the last hold that covers it has gone. Placing one is idempotent by its id. */
export function placeHold(turn: Turn, command: PlaceHoldCommand): Reply {
  const { state, at } = turn;
  const existing = state.holds.get(command.hold);
  if (existing !== undefined) {
    if (saysTheSame(existing, command)) return done;
    return refused(
      "hold_conflict",
      `hold ${command.hold} exists, by ${existing.owner}: "${existing.reason}"`,
    );
  }
  const from = command.from ?? at;
  if (command.until !== null && command.until <= Math.max(from, at)) {
    return refused(
      "hold_ends_before_it_starts",
      `the hold would end ${durationText(Math.max(from, at) - command.until)} before it starts; until must be later than from, and than now`,
    );
  }
  const hold = newHold(command.hold, command, at, from);
  state.holds.set(hold.id, hold);
  turn.record({ type: "hold", hold: holdRecord(hold) });
  if (from <= at) activateHold(turn, hold);
  else state.timers.set(hold, from);
  return done;
}

export function newHold(
  id: string,
  wish: Pick<PlaceHoldCommand, "scope" | "owner" | "reason" | "until">,
  placedAt: number,
  from: number,
): Hold {
  return {
    timed: "hold",
    timerAt: 0,
    timerIndex: -1,
    timerEnds: false,
    timerOrder: 0,
    id,
    scope: wish.scope,
    owner: wish.owner,
    reason: wish.reason,
    placedAt,
    from,
    until: wish.until,
    active: false,
    legs: new Set(),
  };
}

function saysTheSame(hold: Hold, command: PlaceHoldCommand): boolean {
  return (
    hold.owner === command.owner &&
    hold.reason === command.reason &&
    hold.until === command.until &&
    (command.from === null || hold.from === command.from) &&
    JSON.stringify(hold.scope) === JSON.stringify(command.scope)
  );
}

/** Legs that wait learn of the hold when their turn comes; only a leg that bars others must make way at once. */
export function activateHold(turn: Turn, hold: Hold): void {
  const { state } = turn;
  indexHold(state, hold);
  state.timers.set(hold, hold.until);
  for (const slot of state.barredSlots) turn.pump(slot);
}

export function indexHold(state: State, hold: Hold): void {
  hold.active = true;
  if (hold.scope.targets.length === 0) {
    state.broadHolds.add(hold);
    return;
  }
  for (const target of hold.scope.targets) {
    const holds = state.holdsByTarget.get(target);
    if (holds === undefined) state.holdsByTarget.set(target, new Set([hold]));
    else holds.add(hold);
  }
}

export function liftHold(turn: Turn, command: LiftHoldCommand): Reply {
  const hold = turn.state.holds.get(command.hold);
  if (hold === undefined) {
    return refused("hold_unknown", `there is no hold ${command.hold}; it may have been lifted or have ended`);
  }
  endHold(turn, hold);
  return done;
}

export function endHold(turn: Turn, hold: Hold): void {
  const { state } = turn;
  state.holds.delete(hold.id);
  state.timers.set(hold, null);
  state.broadHolds.delete(hold);
  for (const target of hold.scope.targets) {
    const holds = state.holdsByTarget.get(target);
    holds?.delete(hold);
    if (holds?.size === 0) state.holdsByTarget.delete(target);
  }
  turn.record({ type: "hold.ended", id: hold.id });
  freeHeldLegs(turn, hold, () => true);
}

/** Puts legs back in line, where their turn decides again which holds cover them. */
function freeHeldLegs(turn: Turn, hold: Hold, which: (leg: Leg) => boolean): void {
  for (const leg of hold.legs) {
    if (!which(leg)) continue;
    hold.legs.delete(leg);
    leg.heldBy = null;
    enterLine(turn, leg);
  }
}

/** A target got other tags, so holds by tag may no longer cover its legs. */
export function recheckHeldLegs(turn: Turn, target: Target): void {
  for (const hold of turn.state.broadHolds) freeHeldLegs(turn, hold, (leg) => leg.target === target);
  const named = turn.state.holdsByTarget.get(target.id);
  if (named !== undefined) for (const hold of named) freeHeldLegs(turn, hold, (leg) => leg.target === target);
}

/** The active holds that cover a leg: those that name its target, then the others. The search stops after `most`. */
export function coveringHolds(state: State, leg: Leg, most: number): Hold[] {
  const found: Hold[] = [];
  const named = state.holdsByTarget.get(leg.target.id);
  if (named !== undefined) collectCovering(named, leg, most, found);
  if (found.length < most && state.broadHolds.size > 0) collectCovering(state.broadHolds, leg, most, found);
  return found;
}

function collectCovering(holds: ReadonlySet<Hold>, leg: Leg, most: number, found: Hold[]): void {
  for (const hold of holds) {
    if (found.length >= most) return;
    if (covers(hold, leg)) found.push(hold);
  }
}

function covers(hold: Hold, leg: Leg): boolean {
  const { kinds, names, targets, tags } = hold.scope;
  return (
    includesOrAll(kinds, leg.task.kind) &&
    includesOrAll(names, leg.task.name) &&
    includesOrAll(targets, leg.target.id) &&
    (tags.length === 0 || tags.some((tag) => leg.target.tags.includes(tag)))
  );
}

function includesOrAll<Item>(list: readonly Item[], item: Item): boolean {
  return list.length === 0 || list.includes(item);
}
