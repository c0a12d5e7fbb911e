import { isAssembling } from "./assembly.ts";
import { expectedEndAt } from "./clearance.ts";
import { expectedMs } from "./estimate.ts";
import { stoppingHolds } from "./hold.ts";
import { laneLimit } from "./policy.ts";
import { legsAhead, rules } from "./rules.ts";
import type { Leg, State, Task } from "./state.ts";

/**
 * When each waiting leg of a task starts if everything takes as long as its like took lately; ms since 1970. `null`: nobody can know,
 * because it depends on a person, a tentacle, another task's permits or on something whose duration is unknown.
 */
export function startEstimates(state: State, task: Task, now: number): (leg: Leg) => number | null {
  if (!isAssembling(task)) return (leg) => estimateOfLeg(state, leg, now);
  const together = latest(task.legs.map((leg) => estimateOfLeg(state, leg, now)));
  return () => together;
}

/** Causes that time alone, or what is ahead, takes away. */
const foreseeable: ReadonlySet<string> = new Set([
  "not-yet",
  "held",
  "slot-taken",
  "lane-full",
  "behind",
  "together",
]);

function estimateOfLeg(state: State, leg: Leg, now: number): number | null {
  if (leg.state !== "waiting") return null;
  if (leg.joined !== null) return leg.joined.startedAt ?? estimateOfLeg(state, leg.joined, now);
  const stopping = rules.filter((rule) => rule.stops(state, leg, now));
  if (stopping.some((rule) => !foreseeable.has(rule.code))) return null;
  const heldUntil = latest(stoppingHolds(state, leg, now).map((hold) => hold.until));
  const turnAt = leg.line.type === "slot" ? turnInSlot(state, leg, now) : turnInLane(state, leg, now);
  return latest([now, leg.readyAt ?? now, heldUntil, turnAt]);
}

function latest(times: readonly (number | null)[]): number | null {
  let last = 0;
  for (const time of times) {
    if (time === null) return null;
    last = Math.max(last, time);
  }
  return last;
}

/** Plays the line: exclusive legs one after the other, shared ones together. */
function turnInSlot(state: State, leg: Leg, now: number): number | null {
  let start = now;
  let allEnd = now;
  for (const holder of leg.line.holders) {
    const end = expectedEndAt(holder, now);
    // A shared leg at the head does not wait for shared holders, so their ends need not be known.
    if (end === null) return isFreeFor(state, leg, now) ? now : null;
    allEnd = Math.max(allEnd, end);
    if (holder.mode === "exclusive") start = allEnd;
  }
  for (const ahead of [...legsAhead(state, leg, now).legs, leg]) {
    if (ahead.mode === "exclusive") start = Math.max(start, allEnd);
    if (ahead === leg) return start;
    const ms = expectedMs(ahead);
    if (ms === null) return null;
    allEnd = Math.max(allEnd, start + ms);
    if (ahead.mode === "exclusive") start = allEnd;
  }
  return start;
}

function isFreeFor(state: State, leg: Leg, now: number): boolean {
  if (leg.mode === "exclusive" || legsAhead(state, leg, now).count > 0) return false;
  for (const holder of leg.line.holders) if (holder.mode === "exclusive") return false;
  return true;
}

/** Each leg takes the place of the one that ends first. */
function turnInLane(state: State, leg: Leg, now: number): number | null {
  const ends: number[] = [];
  for (const holder of leg.line.holders) {
    const end = expectedEndAt(holder, now);
    if (end === null) return leg.line.holders.size < laneLimit(leg.task.kind, leg.target.policy) ? now : null;
    ends.push(end);
  }
  const limit = laneLimit(leg.task.kind, leg.target.policy);
  for (const ahead of [...legsAhead(state, leg, now).legs, leg]) {
    ends.sort((one, other) => one - other);
    const start = ends.length < limit ? now : (ends[ends.length - limit] ?? now);
    if (ahead === leg) return start;
    const ms = expectedMs(ahead);
    if (ms === null) return null;
    ends.push(start + ms);
  }
  return now;
}
