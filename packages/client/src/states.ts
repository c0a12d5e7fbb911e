import type { TaskState } from "@berth/protocol";

/** By state: whether it never changes again. */
const ends: Readonly<Record<TaskState, boolean>> = {
  waiting: false,
  granted: false,
  running: false,
  cancelling: false,
  parked: false,
  succeeded: true,
  failed: true,
  canceled: true,
  "timed-out": true,
  unavailable: true,
};

/** Whether a task in this state has ended. A parked one has not: it waits for a decision. */
export function isEndState(state: TaskState): boolean {
  return ends[state];
}
