// What a plan makes of the rules of a single leg: what may keep it back besides its line, and what it keeps from step to step.
import type { LegRecord, TaskRecord } from "@berth/engine";
import { isEndState } from "@berth/engine";
import type { StoredRecords } from "../../support/laws/decisions/stored.ts";
import { holding, type Step } from "./evidence.ts";

/** Something that its task or the space asks for may keep it from starting, although its line is free. */
export function mayBeKeptBack(leg: LegRecord, stored: StoredRecords): boolean {
  const task = stored.taskOf(leg);
  if (leg.mode === "bypass" && stored.semaphores.has(`lane.${task.kind}`)) return true;
  if (leg.mode !== "bypass" && task.kind !== "health-check" && stored.semaphores.has("task-cap")) return true;
  if (task.plan === null) return false;
  const { rollout, semaphores, steps } = task.plan;
  if (semaphores.length > 0 || steps[leg.step]?.awaitsChildren === true) return true;
  if (leg.attempt > 0 || task.targets.length === 1) return false;
  return rollout.type === "together" || rollout.window !== null;
}

/** It starts together with other legs, and may not have begun. */
export function mayAssemble({ plan, targets }: TaskRecord, leg: LegRecord): boolean {
  return (
    plan?.rollout.type === "together" && targets.length > 1 && leg.state === "waiting" && leg.attempt === 0
  );
}

/** A task that starts together waits in its line, or may have room kept for it in a session of its target. */
export function mayWaitForTogether(leg: LegRecord, stored: StoredRecords): boolean {
  const mutex = stored.taskOf(leg).mutex;
  const near = new Set<string>();
  for (const { targets } of stored.sessions.values())
    if (targets.includes(leg.target)) for (const target of targets) near.add(target);
  return stored.liveLegs().some((other) => {
    const task = stored.taskOf(other);
    if (other.mode === "bypass" || !mayAssemble(task, other)) return false;
    return near.has(other.target) || (other.target === leg.target && task.mutex === mutex);
  });
}

/** The legs that were granted in this commit and have not ended in it. (What a store lost may come back as ended.) */
export function grantsIn({ stored, was }: Step): LegRecord[] {
  return [...was].flatMap(([id, before]) => {
    const leg = stored.legs.get(id);
    return leg !== undefined && holding.has(leg.state) && leg.token !== before?.token ? [leg] : [];
  });
}

/** Its task holds the slot from step to step, so a grant of the next one takes nothing that was free. */
export function goesOn({ was, stored }: Step, leg: LegRecord): boolean {
  const before = was.get(leg.id);
  if (before === undefined || !holding.has(before.state) || leg.step <= before.step) return false;
  return stored.taskOf(leg).plan?.slotScope === "task";
}

/** The leg as it was before the commit. */
export function beforeOf({ was }: Step, leg: LegRecord): LegRecord | undefined {
  return was.has(leg.id) ? was.get(leg.id) : leg;
}

export function liveChildrenOf(stored: StoredRecords, parent: string): TaskRecord[] {
  return [...stored.tasks.values()].filter(
    ({ plan, status }) => plan?.parent === parent && !isEndState(status.state),
  );
}
