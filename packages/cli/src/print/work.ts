import type { ScheduledTaskRequest } from "@berth/protocol";
import { oneLine } from "./text.ts";

/** A task, or what asks for one. */
type Work = Pick<ScheduledTaskRequest, "kind" | "name" | "target" | "targets">;

/** `deploy shop on web-1` */
export function workText({ kind, name, target, targets = [] }: Work): string {
  const what = name === undefined || name === kind ? kind : `${kind} ${oneLine(name)}`;
  return `${what} on ${targetsText(target === undefined ? targets : [target])}`;
}

const targetsShown = 3;

/** `web-1, web-2` or, of many, `web-1, web-2, web-3 and 47 more`. */
export function targetsText(targets: readonly string[]): string {
  const more = targets.length - targetsShown;
  // One more takes no less room than its name.
  if (more <= 1) return targets.join(", ");
  return `${targets.slice(0, targetsShown).join(", ")} and ${more} more`;
}
