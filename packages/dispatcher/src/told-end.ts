// The end of a task, as a former owner tells it to whoever has the space now.
import { isEndState, type LegRecord, type TaskRecord } from "@berth/engine";
import type { StoreChange } from "@berth/store";
import { hasEnded, type TaskTrace } from "./task-traces.ts";

interface ToldEnd {
  readonly task: TaskRecord;
  readonly legs: readonly LegRecord[];
  readonly payload: string | null;
}

/** What was committed of the task, as text. If it had not ended, it ends as canceled. `null`: too little is known. */
export function recordText(trace: TaskTrace, reason: string, at: number): string | null {
  const { task, status, payload } = trace;
  if (task === null || status === null) return null;
  const canceled = { state: "canceled", endedAt: at } as const;
  const legs = [...trace.legs.values()].map((leg) =>
    isEndState(leg.state) ? leg : { ...leg, ...canceled, reason },
  );
  const end = hasEnded(trace) ? status : { ...status, ...canceled };
  const told: ToldEnd = { task: { ...task, status: end }, legs, payload };
  return JSON.stringify(told);
}

/** What to store of it. It was written by an owner of the space, from records of its engine. */
export function changesOfRecord(record: string): StoreChange[] {
  const { task, legs, payload } = JSON.parse(record) as ToldEnd;
  const changes: StoreChange[] = [{ type: "task.added", task }];
  for (const leg of legs) changes.push({ type: "leg", leg });
  if (payload !== null) changes.push({ type: "payload", task: task.id, payload });
  return changes;
}
