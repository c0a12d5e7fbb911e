import type { TaskState } from "@berth/protocol";
import { isEndState } from "./states.ts";
import { type TaskEventSource, taskEvents } from "./task-events.ts";

/** Each takes a connection; the first in line are those that matter. */
const followedMax = 4;

/** Follows the tasks that another one waits for, since their changes are what changes why it waits. */
export class TasksInTheWay {
  readonly #source: TaskEventSource;
  readonly #signal: AbortSignal;
  readonly #onMove: () => void;
  readonly #followed = new Map<string, AbortController>();

  constructor(source: TaskEventSource, signal: AbortSignal, onMove: () => void) {
    this.#source = source;
    this.#signal = signal;
    this.#onMove = onMove;
  }

  /** Follows these and no others. */
  follow(tasks: ReadonlySet<string>): void {
    for (const [task, stop] of this.#followed) {
      if (tasks.has(task)) continue;
      stop.abort();
      this.#followed.delete(task);
    }
    for (const task of tasks) {
      if (this.#followed.size >= followedMax) return;
      if (!this.#followed.has(task)) void this.#followOne(task);
    }
  }

  async #followOne(task: string): Promise<void> {
    const stop = new AbortController();
    this.#followed.set(task, stop);
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    let known: TaskState | undefined;
    try {
      for await (const { state } of taskEvents(this.#source, task, signal)) {
        // The first event tells the present state, which the explanation has told already, unless it has just ended.
        if ((known !== undefined && known !== state) || isEndState(state)) this.#onMove();
        known = state;
      }
    } catch {
      // It is followed to refresh an explanation, no more: whoever waits learns the rest from the task itself.
    }
  }
}
