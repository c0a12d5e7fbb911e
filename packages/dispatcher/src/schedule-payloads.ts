import type { Change, Engine } from "@berth/engine";
import type { EngineItem } from "./command.ts";

/** What the tasks run that schedules enqueue in one batch: nobody sends their payloads, their schedules have them. */
export class SchedulePayloads {
  readonly #engine: Engine;
  /**
   * Of schedules that the batch changes or removes, as they were before it. Whatever such a schedule enqueues within the batch,
   * it did before: the first time of a changed one is later than the batch.
   */
  readonly #before = new Map<string, string>();

  /** Before the batch is applied. */
  constructor(engine: Engine, entries: Iterable<{ readonly item: EngineItem }>) {
    this.#engine = engine;
    for (const { item } of entries) {
      if (item.type !== "schedule.put" && item.type !== "schedule.remove") continue;
      const payload = engine.payloadOfSchedule(item.schedule);
      if (payload !== null) this.#before.set(item.schedule, payload);
    }
  }

  /** Calls `add` with each task that a schedule has enqueued, and its payload. */
  each(changes: readonly Change[], add: (task: string, payload: string) => void): void {
    for (const change of changes) {
      if (change.type !== "task.added" || change.task.schedule === null) continue;
      const { id, schedule } = change.task;
      const payload = this.#before.get(schedule) ?? this.#engine.payloadOfSchedule(schedule);
      if (payload === null) throw new Error(`task ${id} comes of schedule ${schedule}, which there is not`);
      add(id, payload);
    }
  }
}
