import { becomeEnded } from "./leg.ts";
import { countText } from "./phrase.ts";
import type { Leg, Task } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Too many legs of a rollout have failed: what has never started does not, so that no more machines are harmed. */
export function stopRollout(turn: Turn, leg: Leg): void {
  if (leg.state === "succeeded" || leg.state === "canceled") return;
  const reason = reasonToStop(leg.task);
  if (reason === null) return;
  for (const other of leg.task.legs) {
    if (other.state === "waiting" && other.attempt === 0)
      becomeEnded(turn, other, "canceled", `${reason}, the last one ${leg.target.id}`);
  }
}

/** Why nothing more of its rollout may start; `null`: it may. */
export function reasonToStop({ plan, tally }: Task): string | null {
  if (plan?.rollout.type !== "rolling" || plan.rollout.failuresMax === null || tally === null) return null;
  const failed = tally.failed + tally.unavailable + tally["timed-out"];
  if (failed <= plan.rollout.failuresMax) return null;
  return `${countText(failed, "target")} of its rollout failed`;
}
