import type { Cause, Explanation, LegExplanation } from "./explanation.ts";
import { positionOf, rules } from "./rules.ts";
import { taskState } from "./save.ts";
import { startEstimates } from "./start-estimate.ts";
import type { Leg, State, Task } from "./state.ts";

/** Why a task does not start: every cause at once, by the very rules that grant. Pure: nothing changes. */
export function explainTask(state: State, task: Task, now: number): Explanation {
  const startOf = startEstimates(state, task, now);
  const legs = task.legs.map((leg) => explainLeg(state, leg, now, startOf(leg)));
  return { task: task.id, state: taskState(task), legs };
}

function explainLeg(state: State, leg: Leg, now: number, estimatedStartAt: number | null): LegExplanation {
  const causes = causesOf(state, leg, now);
  return {
    leg: leg.id,
    target: leg.target.id,
    mode: leg.mode,
    state: leg.state,
    position: leg.state === "waiting" && leg.joined === null ? positionOf(state, leg, now) : null,
    estimatedStartAt,
    causes,
    summary: summaryOf(leg, causes),
  };
}

function causesOf(state: State, leg: Leg, now: number): Cause[] {
  if (leg.state === "waiting") {
    return rules
      .filter((rule) => rule.stops(state, leg, now))
      .flatMap((rule) => rule.causes(state, leg, now));
  }
  if (leg.state === "parked") {
    const reason = leg.reason ?? "its attempts are used up";
    const comesBack =
      leg.parking?.for === "failures" ? "It comes back with another version of its tentacle. " : "";
    const message = `it is parked: ${reason}. ${comesBack}Release it, discard it, or say how it ended`;
    return [{ code: "parked", message, blockers: [], until: null }];
  }
  return [];
}

function summaryOf(leg: Leg, causes: readonly Cause[]): string {
  switch (leg.state) {
    case "waiting":
      return causes.length === 0
        ? "It starts at once."
        : `It waits: ${causes.map((cause) => cause.message).join("; ")}.`;
    case "granted":
      return leg.session === null
        ? "It may run, and its delivery waits for a tentacle to claim it."
        : `It may run, and its delivery is on the way to tentacle ${leg.session.tentacle}.`;
    case "running":
      return `It runs under tentacle ${leg.session?.tentacle ?? "?"}.`;
    case "cancelling":
      return `It is being ended: ${leg.cancel?.reason ?? ""}.`;
    case "parked":
      return causes[0]?.message ?? "";
    default:
      return `It is ${leg.state}.`;
  }
}
