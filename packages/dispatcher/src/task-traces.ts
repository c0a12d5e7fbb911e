import type { EndedTask, LegRecord, TaskRecord, TaskStatus } from "@berth/engine";
import type { StoreChange } from "@berth/store";
import type { RecentCommit } from "./recent-commits.ts";

/** What a number of commits tell of a task. */
export interface TaskTrace {
  readonly id: string;
  /** As it was added; `null`: that was in an older commit. */
  readonly task: TaskRecord | null;
  /** `null`: it did not change. */
  readonly status: TaskStatus | null;
  /** Those that changed, by target. */
  readonly legs: ReadonlyMap<string, LegRecord>;
  readonly payload: string | null;
  /** A leg of it was granted. */
  readonly wasGranted: boolean;
  /** As it was when it ended, where it was added in an older commit than that. */
  readonly whole: EndedTask | null;
}

export function hasEnded(trace: TaskTrace): trace is TaskTrace & { readonly status: TaskStatus } {
  return trace.status !== null && trace.status.endedAt !== null;
}

/** The tasks that the commits name, by id. */
export function tracesIn(commits: readonly RecentCommit[]): ReadonlyMap<string, TaskTrace> {
  const traces = new Map<string, GrowingTrace>();
  for (const [place, { changes, ended }] of commits.entries()) {
    for (const change of changes) note(traces, place, change);
    for (const whole of ended) {
      const trace = traces.get(whole.task.id);
      if (trace?.endedIn === place) trace.whole = whole;
    }
  }
  return traces;
}

interface GrowingTrace extends TaskTrace {
  task: TaskRecord | null;
  status: TaskStatus | null;
  readonly legs: Map<string, LegRecord>;
  payload: string | null;
  wasGranted: boolean;
  whole: EndedTask | null;
  /** The place of the commit in which it ended. */
  endedIn: number | null;
}

function note(traces: Map<string, GrowingTrace>, place: number, change: StoreChange): void {
  const id = taskOf(change);
  if (id === null) return;
  let trace = traces.get(id);
  if (trace === undefined) {
    const nothing = { task: null, status: null, payload: null, whole: null, endedIn: null };
    trace = { id, ...nothing, legs: new Map(), wasGranted: false };
    traces.set(id, trace);
  }
  // An end never changes: what a later commit says of the task was decided by mistake.
  if (trace.endedIn !== null && trace.endedIn < place) return;
  noteChange(trace, change);
  if (hasEnded(trace)) trace.endedIn = place;
}

function noteChange(trace: GrowingTrace, change: StoreChange): void {
  switch (change.type) {
    case "task.added":
      trace.task = change.task;
      trace.status = change.task.status;
      return;
    case "task.changed":
      trace.status = change.status;
      return;
    case "leg":
      trace.legs.set(change.leg.target, change.leg);
      if (change.leg.state === "granted") trace.wasGranted = true;
      return;
    case "payload":
      trace.payload = change.payload;
      return;
    default:
      return;
  }
}

function taskOf(change: StoreChange): string | null {
  switch (change.type) {
    case "task.added":
      return change.task.id;
    case "task.changed":
      return change.id;
    case "leg":
      return change.leg.task;
    case "payload":
      return change.task;
    default:
      return null;
  }
}
