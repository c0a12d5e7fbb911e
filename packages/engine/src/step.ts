import type { Step } from "./plan.ts";
import type { Leg } from "./state.ts";

/** The step of a leg that is next or under way; `null`: its task has none. */
function stepOf(leg: Leg): Step | null {
  return leg.task.plan?.steps[leg.step] ?? null;
}

export function stepName(leg: Leg): string {
  const step = stepOf(leg);
  return step === null ? "" : `${leg.step + 1} (${step.name})`;
}

export function hasNextStep(leg: Leg): boolean {
  return leg.step + 1 < (leg.task.plan?.steps.length ?? 0);
}

/** The step that is next waits for tasks that have not ended. */
export function isAwaitingChildren(leg: Leg): boolean {
  const { family } = leg.task;
  return family !== null && family.children.size > 0 && stepOf(leg)?.awaitsChildren === true;
}

/** A child did not succeed, and the step that is next does not go on without it. */
export function isFailedByChildren(leg: Leg): boolean {
  const { family } = leg.task;
  const step = stepOf(leg);
  if (family === null || family.childrenFailed === 0 || step === null) return false;
  return step.awaitsChildren && step.onChildFailure === "fail";
}
