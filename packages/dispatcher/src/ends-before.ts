import { isEndState } from "@berth/engine";
import { TaskState } from "@berth/protocol";
import type { Store, StoreChange } from "@berth/store";

/** How long ago a task may have been queued, and how many of the newest are read. */
const queuedWithinMs = 3_600_000;
const tasksMax = 500;

/**
 * Tasks that had ended when a term began, as changes. A store that goes back behind that has them alive, and the engine,
 * which does not know ended tasks, could not tell how they ended.
 */
export async function endsBefore(store: Store, space: string, now: number): Promise<StoreChange[]> {
  const { items } = await store.tasks(space, {
    states: TaskState.options.filter(isEndState),
    queuedFrom: now - queuedWithinMs,
    ...{ sort: "newest", cursor: null, limit: tasksMax },
  });
  return items.flatMap(({ task, legs }): StoreChange[] => [
    { type: "task.added", task },
    ...legs.map((leg) => ({ type: "leg", leg }) as const),
  ]);
}
