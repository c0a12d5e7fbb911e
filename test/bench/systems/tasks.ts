import { Visits } from "../engine/visits.ts";
import type { Scene } from "./system.ts";

/** What is sent for a task: its number and that of its target. */
export interface TaskData {
  readonly task: number;
  readonly target: number;
  /** Of Berth; `exclusive`, which all systems have, where it is left out. */
  readonly sort?: "exclusive" | "bypass" | "health-check";
  /** Goes on until the worker is told to release it. */
  readonly isHeld?: boolean;
}

/**
 * The tasks of a scene in the order in which they are sent, those of the warm-up before the others: each target once, in an
 * order without a pattern, then again.
 */
export function tasksOf({ targets, tasks, warmUpTasks, seed }: Scene): TaskData[] {
  const order = new Visits(
    Array.from({ length: targets }, (_, target) => target),
    seed,
  ).take(targets);
  return Array.from({ length: warmUpTasks + tasks }, (_, task) => ({
    task,
    target: order[task % targets] ?? 0,
  }));
}

/** Parts of a list, of this length but for the last. */
export function* chunksOf<Item>(items: readonly Item[], length: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += length) yield items.slice(start, start + length);
}

/** Works on all of the items, on at most so many at a time. */
export async function each<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const hand = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
}
