import type { LiveState, TaskState } from "@berth/engine";
import { digestIn } from "../encoding.ts";
import type { LivePosition, LiveStep, TaskRow } from "../requests.ts";
import type { Database, Query } from "./database.ts";
import { rangeOfSpace } from "./numbering.ts";
import type { TaskNumbers } from "./task-numbers.ts";
import { taskColumns } from "./task-query.ts";
import type { TaskReader } from "./task-reader.ts";

const liveStates: readonly LiveState[] = ["waiting", "granted", "running", "cancelling", "parked"];

/** Tasks per step of a load: some tens of milliseconds. */
const liveStepSize = 5000;

/** Reads what dispatchers ask about tasks: what lives, how many there are, payloads, digests. */
export class TaskFacts {
  readonly #numbers: TaskNumbers;
  readonly #reader: TaskReader;
  readonly #live: Query<TaskRow>;
  readonly #liveCount: Query<[number]>;
  readonly #endedCounts: Query<[TaskState, number]>;
  readonly #payload: Query<[string]>;
  readonly #digest: Query<[TaskState, string]>;

  constructor(database: Database, numbers: TaskNumbers, reader: TaskReader) {
    this.#numbers = numbers;
    this.#reader = reader;
    // The first condition says that the index holds them.
    this.#live = database.query(
      `SELECT ${taskColumns} FROM task
       WHERE state <> 'succeeded' AND state = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?`,
    );
    this.#liveCount = database.query(
      "SELECT count(*) FROM task WHERE state <> 'succeeded' AND state = ? AND number BETWEEN ? AND ?",
    );
    this.#endedCounts = database.query("SELECT state, count FROM endedCount WHERE space = ? AND count > 0");
    this.#payload = database.query("SELECT payload FROM payload WHERE task = ?");
    this.#digest = database.query("SELECT state, record FROM task WHERE number = ?");
  }

  /** Live tasks, state by state. */
  liveStep(space: number, after: LivePosition | null): LiveStep {
    const { from, to } = rangeOfSpace(space);
    const state: LiveState = after?.state ?? "waiting";
    const rows = this.#live.all(state, after?.number ?? from, to, liveStepSize);
    const last = rows.at(-1);
    const nextState = liveStates[liveStates.indexOf(state) + 1];
    let next: LivePosition | null = null;
    if (rows.length === liveStepSize && last !== undefined) next = { state, number: last[0] };
    else if (nextState !== undefined) next = { state: nextState, number: from };
    return { rows: rows.map((row) => this.#reader.withLegs(row)), next };
  }

  /** Those of ended tasks are kept with each commit, since there may be millions. */
  counts(space: number): [TaskState, number][] {
    const { from, to } = rangeOfSpace(space);
    const live = liveStates.map((state): [TaskState, number] => {
      return [state, this.#liveCount.get(state, from, to)?.[0] ?? 0];
    });
    return [...live.filter(([, count]) => count > 0), ...this.#endedCounts.all(space)];
  }

  payloads(space: number, tasks: readonly string[]): [string, string][] {
    return this.#read(space, tasks, (number) => this.#payload.get(number)?.[0]);
  }

  digests(space: number, tasks: readonly string[]): [string, { digest: string; state: TaskState }][] {
    return this.#read(space, tasks, (number) => {
      const row = this.#digest.get(number);
      return row === undefined ? undefined : { digest: digestIn(row[1]), state: row[0] };
    });
  }

  #read<Value>(
    space: number,
    tasks: readonly string[],
    read: (number: number) => Value | undefined,
  ): [string, Value][] {
    const found: [string, Value][] = [];
    for (const task of tasks) {
      const number = this.#numbers.find(space, task);
      const value = number === undefined ? undefined : read(number);
      if (value !== undefined) found.push([task, value]);
    }
    return found;
  }
}
