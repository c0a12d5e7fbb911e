import type { LegRecord, TaskRecord } from "@berth/engine";
import { covers, isReady, lineOf, stops } from "./eligible.ts";
import type { Law, Step } from "./evidence.ts";
import { goesOn, grantsIn } from "./passing.ts";

const classes = ["top", "high", "normal", "low"];

/** Law 4: of a line, nobody starts before somebody of an earlier place who was ready all the time. */
export const order: Law = {
  name: "4, order",
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

/** Law 7: nothing is granted, nor claimed, under a hold that was there before and still is. */
export const holds: Law = {
  name: "7, holds",
  onCommit: (step) => {
    const { stored, holdsBefore, was } = step;
    const claimed = [...was].flatMap(([id, before]) => {
      const leg = stored.legs.get(id);
      const isClaimed = before?.token === leg?.token && before?.session === null && leg?.session !== null;
      return leg !== undefined && isClaimed && leg.state === "granted" ? [leg] : [];
    });
    // Whatever the tags of a target were at the time of a grant, they may have changed in the same commit.
    const changed = new Set(
      step.durable.changes.flatMap((change) => (change.type === "target" ? [change.target.id] : [])),
    );
    const legs = [...grantsIn(step), ...claimed].filter(
      (leg) => !changed.has(leg.target) && !goesOn(step, leg) && leg.step === 0,
    );
    return legs.flatMap((leg) =>
      [...stored.holds.values()]
        .filter((hold) => holdsBefore.has(hold.id) && covers(hold, leg, stored))
        .filter((hold) => stops(hold, leg, stored, step.durable.decidedAt))
        .map((hold) => `${leg.id} was granted ${leg.token} under hold ${hold.id}`),
    );
  },
};

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
