import type { TaskNotice } from "@berth/protocol";
import type { Batch } from "./batch.ts";

/** Who wants to be told of changes of which task. Nothing is kept of them beyond their end: they ask again. */
export class Watchers {
  /** By task: queue → until. */
  readonly #byTask = new Map<string, Map<string, number>>();

  add(task: string, queue: string, until: number): void {
    const queues = this.#byTask.get(task);
    if (queues === undefined) this.#byTask.set(task, new Map([[queue, until]]));
    else queues.set(queue, until);
  }

  /** Calls `tell` for each watched task that the batch touched. */
  notify(batch: Batch, now: number, tell: (queue: string, notice: TaskNotice) => void): void {
    if (this.#byTask.size === 0) return;
    const notices = new Map<string, TaskNotice>();
    batch.eachChangedTask((task, state) => {
      if (this.#byTask.has(task)) notices.set(task, { task, state, log: false });
    });
    for (const { task } of batch.logs) {
      if (!this.#byTask.has(task)) continue;
      notices.set(task, { task, state: notices.get(task)?.state ?? null, log: true });
    }
    for (const notice of notices.values()) {
      for (const queue of this.#queuesOf(notice.task, now)) tell(queue, notice);
    }
  }

  *#queuesOf(task: string, now: number): Generator<string> {
    const queues = this.#byTask.get(task);
    if (queues === undefined) return;
    for (const [queue, until] of queues) {
      if (until > now) yield queue;
      else queues.delete(queue);
    }
    if (queues.size === 0) this.#byTask.delete(task);
  }

  /** Forgets whoever did not ask again. */
  sweep(now: number): void {
    for (const [task, queues] of this.#byTask) {
      for (const [queue, until] of queues) if (until <= now) queues.delete(queue);
      if (queues.size === 0) this.#byTask.delete(task);
    }
  }
}
