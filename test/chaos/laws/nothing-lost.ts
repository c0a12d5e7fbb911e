import type { TaskView } from "@berth/protocol";

/**
 * Law 3: each submit that was answered is in some state. `forgettable`: tasks that had ended when the store lost everything, and so
 * long ago that its owner did not have them in memory any more. Returns the ids of those that are lost.
 */
export function lostTasks(
  answered: Iterable<string>,
  tasks: readonly TaskView[],
  forgettable: ReadonlySet<string>,
): string[] {
  const known = new Set(tasks.map(({ id }) => id));
  return [...answered].filter((id) => !known.has(id) && !forgettable.has(id));
}

/** Tasks that nobody has enqueued: a submit that was sent again, or put into the inbox again, has become another one. */
export function strangers(answered: ReadonlySet<string>, tasks: readonly TaskView[]): string[] {
  return tasks.filter(({ id }) => !answered.has(id)).map(({ id }) => `${id} was never enqueued`);
}
