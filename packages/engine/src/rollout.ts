import { becomeEnded, queueExpiry } from "./leg.ts";
import { countText } from "./phrase.ts";
import type { Leg } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Too many legs of a rollout have failed: what has never started does not, so that no more machines are harmed. */
export function stopRollout(turn: Turn, leg: Leg): void {
  if (leg.state === "succeeded" || leg.state === "canceled") return;
  if (reasonToStop(leg) === null) return;
  for (const other of leg.task.legs) if (other.state === "waiting") stopIfNeverStarted(turn, other);
}

/** `true`: its rollout is over, and so is the leg. What expires at this very time ends as what it is. */
export function stopIfNeverStarted(turn: Turn, leg: Leg): boolean {
  const expiry = queueExpiry(leg);
  if (leg.attempt > 0 || (expiry !== null && expiry <= turn.at)) return false;
  const reason = reasonToStop(leg);
  if (reason !== null) becomeEnded(turn, leg, "canceled", reason);
  return reason !== null;
}

function reasonToStop({ task: { plan, tally } }: Leg): string | null {
  if (plan?.rollout.type !== "rolling" || plan.rollout.failuresMax === null || tally === null) return null;
  const failed = tally.failed + tally.unavailable + tally["timed-out"];
  return failed <= plan.rollout.failuresMax ? null : `${countText(failed, "target")} of its rollout failed`;
}
