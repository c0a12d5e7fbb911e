import type { Blocker } from "./explanation.ts";
import { taskState } from "./save.ts";
import type { Leg, Task } from "./state.ts";

/*
 * Who is in the way of a leg, for people.
 */

/** Enough to name to a person; how many there are is in the message. */
export const blockersMax = 20;

export function legBlocker(leg: Leg): Blocker {
  // A slot is taken from the grant on, and not from the start.
  const since = leg.grantedAt ?? leg.task.queuedAt;
  return {
    type: "leg",
    id: leg.id,
    task: leg.task.id,
    since,
    note: `${legText(leg)}, ${leg.mode}, ${leg.state}`,
  };
}

export function taskBlocker(task: Task): Blocker {
  return {
    type: "task",
    id: task.id,
    task: task.id,
    since: task.queuedAt,
    note: `${taskText(task)}, ${taskState(task)}`,
  };
}

export function legText(leg: Leg): string {
  return taskText(leg.task);
}

export function taskText({ kind, name, id }: Task): string {
  return `${kind} "${name}" (${id})`;
}
