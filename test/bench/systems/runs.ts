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

  /** Resolves when so many different tasks have run. */
  reached(tasks: number): Promise<void> {
    return this.#done.reached(tasks);
  }

  /** The whole work of a task. */
  async run(task: number, target: number): Promise<void> {
    const index = this.#tasks.length;
    this.#tasks.push(task);
    this.#targets.push(target);
    this.#until.push(Number.POSITIVE_INFINITY);
    this.#from.push(monotonicMs());
    // Others get their turn while this one runs, or no overlap could ever be seen.
    await null;
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
