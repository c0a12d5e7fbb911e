import { becomeEnded } from "./leg.ts";
import { countText } from "./phrase.ts";
import type { Leg } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Too many legs of a rollout have failed: what has never started does not, so that no more machines are harmed. */
export function stopRollout(turn: Turn, leg: Leg): void {
  const { plan, tally, legs } = leg.task;
  if (plan?.rollout.type !== "rolling" || plan.rollout.failuresMax === null || tally === null) return;
  if (leg.state === "succeeded" || leg.state === "canceled") return;
  const failed = tally.failed + tally.unavailable + tally["timed-out"];
  if (failed <= plan.rollout.failuresMax) return;
  const reason = `${countText(failed, "target")} of its rollout failed, the last one ${leg.target.id}`;
  for (const other of legs) {
    if (other.state === "waiting" && other.attempt === 0) becomeEnded(turn, other, "canceled", reason);
  }
}
