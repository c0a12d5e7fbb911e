import { isEndState } from "@berth/engine";
import { TaskState } from "@berth/protocol";
import type { Store, StoreChange } from "@berth/store";

/** How far back it reaches, and how much of it is read. */
const pastMs = 3_600_000;
const countMax = 500;

/**
 * The tasks that had ended, and the OOPS, shortly before a term began, as changes. A store that goes back behind that has
 * lost them, and nothing of them is in the engine, which knows only what lives.
 */
export async function recentPast(store: Store, space: string, now: number): Promise<StoreChange[]> {
  const from = now - pastMs;
  const ended = await store.tasks(space, {
    states: TaskState.options.filter(isEndState),
    queuedFrom: from,
    ...{ sort: "newest", cursor: null, limit: countMax },
  });
  const oops = await store.oops(space, { from, cursor: null, limit: countMax });
  return [
    ...ended.items.flatMap(({ task, legs }): StoreChange[] => [
      { type: "task.added", task },
      ...legs.map((leg) => ({ type: "leg", leg }) as const),
    ]),
    ...oops.items.toReversed().map((each) => ({ type: "oops", oops: each }) as const),
  ];
}
