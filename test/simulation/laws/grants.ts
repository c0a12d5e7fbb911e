import type { LegRecord, TaskRecord } from "@berth/engine";
import { covering } from "../../support/laws/decisions/covering.ts";
import type { Durable } from "../history.ts";
import { isReady, lineOf } from "./eligible.ts";
import type { Law, Step } from "./evidence.ts";
import { goesOn, grantsIn } from "./passing.ts";

const classes = ["top", "high", "normal", "low"];

/** Law 4: of a line, nobody starts before somebody of an earlier place who was ready all the time. */
export const order: Law = {
  name: "4, order",
  needsMemory: false,
  onCommit: (step) => {
    const { stored, durable } = step;
    const findings: string[] = [];
    // A task with several legs may have been moved after one of them was granted.
    const granted = grantsIn(step).filter((leg) => !goesOn(step, leg) && !step.prioritized.has(leg.task));
    if (granted.length === 0) return findings;
    for (const waiting of stored.liveLegs()) {
      // Who changed in this very commit may have come, or become ready, after the grant.
      if (step.was.has(waiting.id) || !isReady(waiting, stored, durable.decidedAt - 1)) continue;
      for (const leg of granted) {
        if (lineOf(leg, stored) !== lineOf(waiting, stored) || leg.grantedAt === null) continue;
        if (waiting.readyAt !== null && waiting.readyAt >= leg.grantedAt) continue;
        if (!precedes(stored.taskOf(waiting), stored.taskOf(leg)) || wasHeld(waiting, step)) continue;
        findings.push(
          `${leg.id} was granted ${leg.token} before ${waiting.id}, which is ahead of it and ready`,
        );
      }
    }
    return findings;
  },
};

/**
 * Law 7: nothing is granted, nor claimed, under a hold that was there before and still is, be it active, a window that is
 * too short, or a floating one. What the commit itself has changed is no evidence of how things stood at the grant.
 */
export const holds: Law = {
  name: "7, holds",
  needsMemory: false,
  onCommit: (step) => {
    const { stored, holdsBefore, durable } = step;
    // A task that keeps its slot goes on from step to step, whatever has begun meanwhile.
    const legs = [...grantsIn(step), ...claimsOf(step)].filter((leg) => {
      const keepsItsSlot = leg.step > 0 && stored.taskOf(leg).plan?.slotScope === "task";
      return !keepsItsSlot && !goesOn(step, leg);
    });
    if (legs.length === 0 || holdsBefore.size === 0) return [];
    const changed = changedIn(durable);
    return legs.flatMap((leg) => {
      if (changed.has(leg.target)) return [];
      return covering(stored, leg, durable.decidedAt)
        .filter((hold) => holdsBefore.has(hold) && !changed.has(hold))
        .map((hold) => `${leg.id} was granted ${leg.token} under hold ${hold}`);
    });
  },
};

/** Holds that ended, and targets that got other tags, or of which it was learned how long something takes. */
function changedIn({ changes }: Durable): Set<string> {
  const changed = new Set<string>();
  for (const change of changes) {
    if (change.type === "hold.ended") changed.add(change.id);
    else if (change.type === "target") changed.add(change.target.id);
    else if (change.type === "duration") changed.add(change.duration.target);
  }
  return changed;
}

function claimsOf({ stored, was }: Step): LegRecord[] {
  return [...was].flatMap(([id, before]) => {
    const leg = stored.legs.get(id);
    if (leg === undefined || before?.state !== "granted" || leg.state !== "granted") return [];
    return before.token === leg.token && before.session === null && leg.session !== null ? [leg] : [];
  });
}

function precedes(one: TaskRecord, other: TaskRecord): boolean {
  const [oneClass, otherClass] = [one, other].map(({ status }) => classes.indexOf(status.priority));
  if (oneClass === undefined || otherClass === undefined) return false;
  return oneClass < otherClass || (oneClass === otherClass && one.order < other.order);
}

/** What covered it at the time of the grant may have ended, or have been changed, in this very commit. */
function wasHeld(leg: LegRecord, { durable }: Step): boolean {
  return durable.changes.some(
    (change) =>
      change.type === "hold.ended" ||
      change.type === "semaphore.removed" ||
      (change.type === "target" && change.target.id === leg.target),
  );
}
