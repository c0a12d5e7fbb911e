// The end of a task, as a former owner tells it to whoever has the space now.
import { isEndState, type LegRecord, type TaskRecord } from "@berth/engine";
import type { InboxItemOf } from "@berth/protocol";
import type { StoreChange } from "@berth/store";
import type { Batch } from "./batch.ts";
import type { EngineItem } from "./command.ts";
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

/** The ends that one batch tells of tasks of which the space knows nothing: they are stored as they are told. */
export class ToldEnds {
  readonly #ends = new Map<string, ToldEnd>();
  readonly #unreadable: { readonly item: InboxItemOf<"task.ended">; readonly error: unknown }[] = [];

  /** Before the batch is applied. */
  constructor(
    entries: Iterable<{ readonly item: EngineItem; readonly isRepeated: boolean }>,
    isUnknown: (task: string) => boolean,
  ) {
    for (const { item, isRepeated } of entries) {
      if (isRepeated && item.type === "task.ended" && isUnknown(item.task)) this.#read(item);
    }
  }

  #read(item: InboxItemOf<"task.ended">): void {
    if (item.record === null) return;
    try {
      // It was written by an owner of the space, from records of its engine.
      this.#ends.set(item.task, JSON.parse(item.record) as ToldEnd);
    } catch (error) {
      this.#unreadable.push({ item, error });
    }
  }

  /** Of a task whose end is told: if it is enqueued in the same batch, that is a repetition. */
  digestOf(task: string): string | null {
    return this.#ends.get(task)?.task.digest ?? null;
  }

  /** `refuse` is called for each that cannot be read. */
  addTo(batch: Batch, refuse: (item: InboxItemOf<"task.ended">, error: unknown) => void): void {
    for (const [id, { task, legs, payload }] of this.#ends) {
      const changes: StoreChange[] = [{ type: "task.added", task }];
      for (const leg of legs) changes.push({ type: "leg", leg });
      if (payload !== null) changes.push({ type: "payload", task: id, payload });
      batch.addRecords(changes);
    }
    for (const { item, error } of this.#unreadable) refuse(item, error);
  }
}
