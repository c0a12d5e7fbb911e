import { learnedMs } from "./duration.ts";
import type { Leg, State } from "./state.ts";

/**
 * How long a leg will hold what it needs once it starts, ms: what the task says, else what its like took lately. A timeout
 * bounds it. `null`: nobody can know.
 */
export function expectedMs(leg: Leg): number | null {
  const said = leg.task.estimateMs ?? learnedOfGrant(leg);
  const most = timeoutOfGrant(leg);
  if (most === null) return said;
  return said === null ? most : Math.min(said, most);
}

/** The same, where a decision has to be made: what nobody knows counts as long. */
export function estimatedMs(state: State, leg: Leg): number {
  return expectedMs(leg) ?? state.settings.unknownEstimateMs;
}

/** With the slot held from step to step, all steps that are left; else the one that is next. */
function stepsOfGrant(leg: Leg): { first: number; last: number } {
  const { plan } = leg.task;
  const last =
    plan === null || plan.slotScope === "step" ? leg.step : Math.max(leg.step, plan.steps.length - 1);
  return { first: leg.step, last };
}

function learnedOfGrant(leg: Leg): number | null {
  const { first, last } = stepsOfGrant(leg);
  let sum = 0;
  for (let step = first; step <= last; step += 1) {
    const ms = learnedMs(leg, step);
    if (ms === null) return null;
    sum += ms;
  }
  return sum;
}

/** The timeout is that of one attempt, which is one step. */
function timeoutOfGrant(leg: Leg): number | null {
  const { timeoutMs } = leg.task;
  if (timeoutMs === null) return null;
  const { first, last } = stepsOfGrant(leg);
  return timeoutMs * (last - first + 1);
}
