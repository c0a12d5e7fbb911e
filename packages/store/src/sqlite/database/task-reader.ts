import type { TaskQuery } from "../../port.ts";
import type { StoredRow, TaskRow, TaskStep, TaskStepRequest } from "../requests.ts";
import type { Catalogs } from "./catalogs.ts";
import type { Database, Query } from "./database.ts";
import { type NumberRange, rangeOfSpace } from "./numbering.ts";
import type { TaskNumbers } from "./task-numbers.ts";
import { filterSql, pickOf, pickSql, type TaskPick, taskColumns, timeRangeSql } from "./task-query.ts";

/** Tasks that one step looks at, at most: some milliseconds. */
const windowSize = 5000;

/** Finds tasks, in steps that look at a bounded number of them, whatever the query asks for. */
export class TaskReader {
  readonly #database: Database;
  readonly #numbers: TaskNumbers;
  readonly #catalogs: Catalogs;
  readonly #legs: Query<[target: string, leg: string]>;

  constructor(database: Database, numbers: TaskNumbers, catalogs: Catalogs) {
    this.#database = database;
    this.#numbers = numbers;
    this.#catalogs = catalogs;
    this.#legs = database.query("SELECT target, leg FROM leg WHERE task = ?");
  }

  step(space: number, query: TaskQuery, { after, limit }: TaskStepRequest): TaskStep {
    if ([query.ids, query.states, query.kinds].some((list) => list?.length === 0)) return nothing;
    const range = this.#rangeOf(space, query, after);
    if (range === null) return nothing;
    const pick = this.#pick(space, query);
    const filter = filterSql(query, pick);
    // Without a filter every task that is picked matches, and the limit alone bounds the step.
    const last = filter.text === "" ? null : this.#windowEnd(pick, range, query.sort);
    const rows = this.#rows(pick, windowOf(range, last, query.sort), query, limit);
    if (rows.length < limit) return { rows, next: last };
    return { rows, next: rows.at(-1)?.task[0] ?? null };
  }

  /** From behind `after` on, in the direction of the sort; `null`: there is nothing. */
  #rangeOf(space: number, query: TaskQuery, after: number | null): NumberRange | null {
    let { from, to } = rangeOfSpace(space);
    if (query.queuedFrom !== undefined || query.queuedBefore !== undefined) {
      const { text, values } = timeRangeSql(query, { from, to });
      const [first, last] = this.#database.query<[number | null, number | null]>(text).get(...values) ?? [];
      from = Math.max(from, first ?? to + 1);
      to = Math.min(to, last ?? to);
    }
    if (after !== null && query.sort === "newest") to = Math.min(to, after - 1);
    if (after !== null && query.sort === "oldest") from = Math.max(from, after + 1);
    return from > to ? null : { from, to };
  }

  #pick(space: number, query: TaskQuery): TaskPick {
    const numbers = query.ids?.flatMap((id) => this.#numbers.find(space, id) ?? []);
    const pick = pickOf(query, numbers === undefined ? null : [...new Set(numbers)]);
    if (query.target !== undefined) this.#catalogs.fill(space, "targets");
    if (pick.by === "name") this.#catalogs.fill(space, "names");
    return pick;
  }

  /** The number with which the window ends; `null`: it reaches to the end of the range. */
  #windowEnd(pick: TaskPick, range: NumberRange, sort: TaskQuery["sort"]): number | null {
    const { text, values } = pickSql(pick, range);
    const sql = `${text} ORDER BY number ${direction(sort)} LIMIT 1 OFFSET ${windowSize - 1}`;
    return this.#database.query<[number]>(sql).get(...values)?.[0] ?? null;
  }

  #rows(pick: TaskPick, range: NumberRange, query: TaskQuery, limit: number): StoredRow[] {
    const order = direction(query.sort);
    const picked = pickSql(pick, range);
    const filter = filterSql(query, pick);
    // Where all that are picked match, they are limited before their rows are fetched and sorted.
    const isFiltered = filter.text !== "";
    const sql = `SELECT ${taskColumns}
                 FROM (${picked.text} ${isFiltered ? "" : `ORDER BY number ${order} LIMIT ?`}) AS picked
                 CROSS JOIN task ON task.number = picked.number
                 ${isFiltered ? `WHERE ${filter.text}` : ""}
                 ORDER BY picked.number ${order} ${isFiltered ? "LIMIT ?" : ""}`;
    const values = [...picked.values, ...filter.values, limit];
    return this.#database
      .query<TaskRow>(sql)
      .all(...values)
      .map((row) => this.withLegs(row));
  }

  withLegs(task: TaskRow): StoredRow {
    const [number, , , , , , , , , , target] = task;
    return { task, legs: target === null ? this.#legs.all(number) : [] };
  }
}

const nothing: TaskStep = { rows: [], next: null };

function windowOf(range: NumberRange, last: number | null, sort: TaskQuery["sort"]): NumberRange {
  if (last === null) return range;
  return sort === "newest" ? { from: last, to: range.to } : { from: range.from, to: last };
}

function direction(sort: TaskQuery["sort"]): string {
  return sort === "newest" ? "DESC" : "ASC";
}
