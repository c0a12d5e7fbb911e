import type { HoldScope, LiftHoldCommand, PlaceHoldCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { awaitShorter, awaitShorterNoMore } from "./duration.ts";
import { estimatedMs } from "./estimate.ts";
import { enterLine, queueExpiry } from "./leg.ts";
import { durationText } from "./phrase.ts";
import { holdRecord } from "./save.ts";
import { barsOthers, type Hold, type Leg, type State, type Target } from "./state.ts";
import { done, refused, type Turn } from "./turn.ts";
import type { TaskKind } from "./words.ts";

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
  indexHold(state, hold);
  if (from <= at) activateHold(turn, hold);
  else {
    state.timers.set(hold, from);
    letOthersBy(turn);
  }
  return done;
}

export function newHold(
  id: string,
  wish: Pick<PlaceHoldCommand, "scope" | "owner" | "reason" | "until" | "longerThanMs">,
  placedAt: number,
  from: number,
): Hold {
  return {
    type: "hold",
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
    longerThanMs: wish.longerThanMs,
    active: false,
    legs: new Set(),
  };
}

function saysTheSame(hold: Hold, command: PlaceHoldCommand): boolean {
  return (
    hold.owner === command.owner &&
    hold.reason === command.reason &&
    hold.until === command.until &&
    hold.longerThanMs === command.longerThanMs &&
    (command.from === null || hold.from === command.from) &&
    JSON.stringify(hold.scope) === JSON.stringify(command.scope)
  );
}

export function activateHold(turn: Turn, hold: Hold): void {
  hold.active = true;
  turn.state.timers.set(hold, hold.until);
  letOthersBy(turn);
}

/** Legs that wait learn of a hold when their turn comes; only what bars others must make way at once. */
function letOthersBy(turn: Turn): void {
  for (const slot of turn.state.barredSlots) if (barsOthers(slot)) turn.pump(slot);
  for (const task of turn.state.assemblies) turn.reconsider(task);
}

export function indexHold(state: State, hold: Hold): void {
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

/** A leg at the head of its line that a hold covers leaves it until the hold ends. */
export function stepAside(leg: Leg, hold: Hold): void {
  leg.aside = hold;
  hold.legs.add(leg);
  if (!hold.active || hold.longerThanMs !== null) awaitShorter(leg);
}

export function leaveHold(leg: Leg, hold: Hold): void {
  hold.legs.delete(leg);
  leg.aside = null;
  awaitShorterNoMore(leg);
}

/** Puts legs back in line, where their turn decides again which holds cover them. */
function freeHeldLegs(turn: Turn, hold: Hold, which: (leg: Leg) => boolean): void {
  for (const leg of hold.legs) if (which(leg)) freeHeldLeg(turn, leg);
}

export function freeHeldLeg(turn: Turn, leg: Leg): void {
  if (leg.aside?.type !== "hold") return;
  leaveHold(leg, leg.aside);
  enterLine(turn, leg);
}

/** A target got other tags, so holds by tag may no longer cover its legs, or may cover others. */
export function recheckHeldLegs(turn: Turn, target: Target): void {
  for (const hold of holdsOf(turn.state, target)) freeHeldLegs(turn, hold, (leg) => leg.target === target);
  letOthersBy(turn);
}

function* holdsOf(state: State, target: Target): Generator<Hold> {
  const named = state.holdsByTarget.get(target.id);
  if (named !== undefined) yield* named;
  if (state.broadHolds.size > 0) yield* state.broadHolds;
}

/** The first hold that keeps a leg from starting now; `null`: none does. */
export function stoppingHold(state: State, leg: Leg, now: number): Hold | null {
  if (state.holds.size === 0) return null;
  for (const hold of holdsOf(state, leg.target)) if (stops(state, hold, leg, now)) return hold;
  return null;
}

/** All holds that keep a leg from starting now: those that name its target, then the others. */
export function stoppingHolds(state: State, leg: Leg, now: number): Hold[] {
  return [...holdsOf(state, leg.target)].filter((hold) => stops(state, hold, leg, now));
}

/** An upcoming hold is a window: what would not be over by then does not start. */
function stops(state: State, hold: Hold, leg: Leg, now: number): boolean {
  if (!covers(hold, leg)) return false;
  if (hold.longerThanMs !== null) return hold.active && estimatedMs(state, leg) > hold.longerThanMs;
  return hold.active || now + estimatedMs(state, leg) > hold.from;
}

/** A leg that stops others must make way at the moment when a window becomes too short for it. */
export function watchWindows(turn: Turn, leg: Leg): void {
  const { state } = turn;
  let at = queueExpiry(leg);
  for (const hold of holdsOf(state, leg.target)) {
    if (hold.active || hold.longerThanMs !== null || !covers(hold, leg)) continue;
    const tooLateAt = hold.from - estimatedMs(state, leg) + 1;
    if (tooLateAt > turn.at && (at === null || tooLateAt < at)) at = tooLateAt;
  }
  state.timers.set(leg, at);
}

function covers(hold: Hold, leg: Leg): boolean {
  return isInScope(hold.scope, leg.task, leg.target);
}

export function isInScope(
  { kinds, names, targets, tags }: HoldScope,
  task: { readonly kind: TaskKind; readonly name: string },
  target: Target,
): boolean {
  return (
    includesOrAll(kinds, task.kind) &&
    includesOrAll(names, task.name) &&
    includesOrAll(targets, target.id) &&
    (tags.length === 0 || tags.some((tag) => target.tags.includes(tag)))
  );
}

function includesOrAll<Item>(list: readonly Item[], item: Item): boolean {
  return list.length === 0 || list.includes(item);
}
