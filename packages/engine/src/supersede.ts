import { cancelTask } from "./control.ts";
import { addTo } from "./keyed.ts";
import type { Task } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Older tasks of the key that were never granted are canceled; the new one takes the place of the first of them. */
export function supersede(turn: Turn, task: Task, key: string): void {
  const older = [...(turn.state.superseding.get(key) ?? [])].filter(wasNeverGranted);
  const first = older.toSorted((one, other) => one.rank - other.rank || one.order - other.order)[0];
  if (first !== undefined && first.rank <= task.rank) {
    task.rank = first.rank;
    task.priority = first.priority;
    task.order = first.order;
  }
  for (const each of older) cancelTask(turn, each, "berth", `superseded by ${task.id}`);
  addTo(turn.state.superseding, key, task);
}

function wasNeverGranted(task: Task): boolean {
  return task.legs.every((leg) => leg.state === "waiting" && leg.attempt === 0);
}
