import { monotonicMs } from "../clock.ts";

/** Of each run that a worker made: which task, on which target, from when to when. Arrays of numbers cost a run little. */
export interface RunRecord {
  readonly tasks: Float64Array;
  readonly targets: Float64Array;
  readonly from: Float64Array;
  readonly until: Float64Array;
}

/** What a worker writes down of the tasks that it runs. Tasks and targets are numbers from 0. */
export class Runs {
  readonly #expected: number;
  readonly #done = Promise.withResolvers<void>();
  readonly #tasks: number[] = [];
  readonly #targets: number[] = [];
  readonly #from: number[] = [];
  readonly #until: number[] = [];
  readonly #ran = new Set<number>();

  /** `expected`: so many different tasks. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Resolves when each of the tasks has run. */
  get all(): Promise<void> {
    return this.#done.promise;
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
    this.#ran.add(task);
    if (this.#ran.size === this.#expected) this.#done.resolve();
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
