// What people order about tasks.
import type { PriorityClass } from "@berth/engine";
import { askForEnd, end, followersOf, promote, waitAgain } from "./attempts.ts";
import { type Answer, done, type Refusal, refused } from "./reply.ts";
import { childrenOf, liveTask, precedes, type RefLeg, type RefTask, type World } from "./world.ts";

export function cancel(world: World, id: string): Answer {
  const task = liveTask(world, id);
  if (task === undefined) return refused("task_unknown");
  const deadlineAt = cancelTask(world, task);
  return { type: "cancelled", ended: deadlineAt === null, deadlineAt };
}

/** With all its descendants. */
export function cancelTask(world: World, task: RefTask): number | null {
  const children = childrenOf(world, task);
  for (const leg of task.legs) cancelLeg(world, leg);
  for (const child of children) cancelTask(world, child);
  const deadlines = task.legs.flatMap(({ state, cancel: asked }) =>
    state === "cancelling" && asked !== null ? [asked.deadlineAt] : [],
  );
  return deadlines.length === 0 ? null : Math.max(...deadlines);
}

function cancelLeg(world: World, leg: RefLeg): void {
  const isUnclaimed = leg.state === "granted" && leg.session === null;
  if (leg.state === "waiting" || leg.state === "parked" || isUnclaimed) end(world, leg, "canceled");
  else if (leg.state === "granted" || leg.state === "running") askForEnd(world, leg, "canceled");
}

export function prioritize(world: World, id: string, priority: PriorityClass): Answer {
  const task = liveTask(world, id);
  if (task === undefined) return refused("task_unknown");
  if (!task.legs.some(({ state }) => state === "waiting" || state === "parked"))
    return refused("task_not_waiting");
  task.priority = priority;
  for (const leg of task.legs) {
    if (leg.joined?.state === "waiting" && precedes(leg, leg.joined)) leg.joined = null;
    if (leg.state === "waiting") promote(followersOf(world, leg).filter((each) => precedes(each, leg)));
  }
  return done;
}

function parkedLegs(world: World, id: string): RefLeg[] | Refusal {
  const task = liveTask(world, id);
  if (task === undefined) return refused("task_unknown");
  const parked = task.legs.filter(({ state }) => state === "parked");
  return parked.length > 0 ? parked : refused("task_not_parked");
}

export function decide(world: World, id: string, result: "succeeded" | "failed" | "canceled"): Answer {
  const parked = parkedLegs(world, id);
  if (!Array.isArray(parked)) return parked;
  for (const leg of parked) end(world, leg, result);
  return done;
}

export function release(world: World, id: string): Answer {
  const parked = parkedLegs(world, id);
  if (!Array.isArray(parked)) return parked;
  for (const leg of parked) {
    leg.failures = 0;
    waitAgain(leg, null);
  }
  return done;
}
