// What a grant takes: permits of semaphores and of the window of a rollout, and all legs of what starts together.
import type { LegRecord } from "@berth/engine";
import { broken, type Law } from "./check.ts";
import { heldOf, holding, legsOf, limitOf, semaphoresOf, unfinishedOf, windowOf } from "./permit-counts.ts";

/** What a grant takes is there to be taken. What was taken before a limit was lowered stays. */
const semaphores: Law = ({ granted, stored }) => {
  for (const leg of granted) {
    const task = stored.taskOf(leg);
    const names = leg.mode === "bypass" ? [`lane.${task.kind}`] : semaphoresOf(task);
    const others = legsOf(stored, task).some(
      (other) => holding.has(other.state) && other.mode !== "bypass" && !isAmong(granted, other),
    );
    if (others && leg.mode !== "bypass") continue;
    for (const name of names) {
      const held = heldOf(stored, name);
      if (held > limitOf(stored, name))
        broken("semaphores", `${leg.id} was granted, and ${held} hold ${name} of ${limitOf(stored, name)}`);
    }
  }
};

function isAmong(legs: readonly LegRecord[], leg: LegRecord): boolean {
  return legs.some(({ id }) => id === leg.id);
}

const windows: Law = ({ granted, stored }) => {
  for (const leg of granted) {
    const task = stored.taskOf(leg);
    const count = unfinishedOf(stored, task);
    if (count > windowOf(task)) broken("rollouts", `${count} legs of ${task.id} are unfinished at once`);
  }
};

/** A task that starts together begins with all of its legs, or with none. */
const together: Law = ({ granted, before, stored }) => {
  for (const leg of granted) {
    const task = stored.taskOf(leg);
    if (task.plan?.rollout.type !== "together") continue;
    const legs = legsOf(stored, task);
    const hadBegun = legs.some((each) => {
      const was = before.get(each.id) ?? each;
      return was.attempt > 0 || was.state !== "waiting";
    });
    const missing = legs.find((each) => !isAmong(granted, each));
    if (!hadBegun && missing !== undefined)
      broken("rollouts", `${leg.id} was granted without ${missing.id}, and they start together`);
  }
};

export const permitLaws: readonly Law[] = [semaphores, windows, together];
