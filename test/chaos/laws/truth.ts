import type { TaskState, TaskView } from "@berth/protocol";
import { type Forgotten, isForgotten } from "../../support/crash/forgotten.ts";

export interface SeenEnd {
  readonly state: TaskState;
  readonly endedAt: number;
}

/**
 * Law 8: an end that somebody was told of never changes. Where the store lost it for good, whoever remembers it can only see to it
 * that the task does not go on: it may be told as canceled then.
 */
export function changedEnds(
  seen: ReadonlyMap<string, SeenEnd>,
  tasks: readonly TaskView[],
  forgotten: readonly Forgotten[],
): string[] {
  return tasks.flatMap(({ id, state }) => {
    const end = seen.get(id);
    if (end === undefined || end.state === state) return [];
    if (state === "canceled" && isForgotten(forgotten, end.endedAt)) return [];
    return [`${id} had ended as ${end.state}, and is ${state} now`];
  });
}
