import type { Leg, Session, Task } from "./state.ts";

/**
 * How the legs of a task come together that start at one instant or not at all. It is over with the first grant; it
 * begins again if all grants are given back unused.
 */
export interface Assembly {
  /** A leg has begun: from then on each leg is on its own. */
  isOver: boolean;
  /** Some of its legs bypass their slots, so the lane of the space has to have room. */
  bypasses: boolean;
  /** Its legs stand in their lines; else the task as a whole is aside, and stops nobody. */
  isInLine: boolean;
  /** It is aside until something changes at one of its targets. */
  waitsForTarget: boolean;
  /** The leg that was put aside for the task, if that was for a hold or a permit: while it is, the task is. */
  aside: Leg | null;
  /** The leg that was in the way when it was last looked at. While it is, no other needs to be looked at. */
  obstacle: Leg | null;
  /** Sessions that keep their room for it. */
  readonly reserved: Set<Session>;
}

export function newAssembly(): Assembly {
  return {
    isOver: false,
    bypasses: false,
    isInLine: false,
    waitsForTarget: false,
    aside: null,
    obstacle: null,
    reserved: new Set(),
  };
}

/** Whether the legs of the task still have to start at one instant. */
export function isAssembling(task: Task): task is Task & { readonly assembly: Assembly } {
  return task.assembly !== null && !task.assembly.isOver;
}
