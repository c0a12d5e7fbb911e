import { monotonicMs } from "../clock.ts";
import { Tally } from "./tally.ts";

/** Of each run that a worker made: which task, on which target, from when to when. Arrays of numbers cost a run little. */
export interface RunRecord {
  readonly tasks: Float64Array;
  readonly targets: Float64Array;
  readonly from: Float64Array;
  readonly until: Float64Array;
}

/** What a worker writes down of the tasks that it runs. Tasks and targets are numbers from 0. */
export class Runs {
  readonly #done: Tally = new Tally();
  readonly #tasks: number[] = [];
  readonly #targets: number[] = [];
  readonly #from: number[] = [];
  readonly #until: number[] = [];
  readonly #ran = new Set<number>();
  /** Who waits for the start of which task. */
  readonly #awaited = new Map<number, (startedAt: number) => void>();

  /** Resolves with when it started, once the first of these tasks has. */
  started(tasks: readonly number[]): Promise<number> {
    const already = this.#tasks.findIndex((task) => tasks.includes(task));
    if (already !== -1) return Promise.resolve(this.#from[already] ?? Number.NaN);
    const { promise, resolve } = Promise.withResolvers<number>();
    for (const task of tasks) this.#awaited.set(task, resolve);
    return promise;
  }

  /** Resolves when so many different tasks have run. */
  reached(tasks: number): Promise<void> {
    return this.#done.reached(tasks);
  }

  /** The whole work of a task. `until`: it goes on until then. */
  async run(task: number, target: number, until: Promise<void> | null = null): Promise<void> {
    const index = this.#tasks.length;
    this.#tasks.push(task);
    this.#targets.push(target);
    this.#until.push(Number.POSITIVE_INFINITY);
    const startedAt = monotonicMs();
    this.#from.push(startedAt);
    this.#awaited.get(task)?.(startedAt);
    // Others get their turn while this one runs, or no overlap could ever be seen.
    await until;
    this.#until[index] = monotonicMs();
    if (this.#ran.has(task)) return;
    this.#ran.add(task);
    this.#done.add();
  }

  record(): RunRecord {
    return {
      tasks: Float64Array.from(this.#tasks),
      targets: Float64Array.from(this.#targets),
      from: Float64Array.from(this.#from),
      until: Float64Array.from(this.#until),
    };
  }
}
