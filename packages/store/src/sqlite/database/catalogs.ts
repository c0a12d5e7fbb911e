import type { StatementSync } from "node:sqlite";
import type { Database, Query } from "./database.ts";
import { blockSize, rangeOfSpace } from "./numbering.ts";
import type { TaskNumbers } from "./task-numbers.ts";

/**
 * Catalogs are indexes that commits do not write. Ids, targets and names come in no order, so that each new task would
 * change a page of its own in each index, and a commit costs by the page: measured, twice the time. Instead they are
 * filled from the table behind the commits, thousands of tasks at a time and sorted, which changes a page once for
 * many; and before they are read.
 */
export type CatalogName = "ids" | "targets" | "names" | "times";

const fillings: Readonly<Record<CatalogName, string>> = {
  ids: "INSERT INTO taskById SELECT id, number FROM task WHERE number > ? AND number <= ? ORDER BY id, number",
  // Targets of tasks with several are in the catalog from the start.
  targets: `INSERT INTO taskByTarget SELECT target, number FROM task
            WHERE number > ? AND number <= ? AND target IS NOT NULL ORDER BY target, number`,
  names:
    "INSERT INTO taskByName SELECT name, number FROM task WHERE number > ? AND number <= ? ORDER BY name, number",
  times: `INSERT INTO taskTimes SELECT number / ${blockSize} AS block, min(queuedAt), max(queuedAt) FROM task
          WHERE number > ? AND number <= ? GROUP BY block
          ON CONFLICT (block) DO UPDATE
          SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
};

const names = Object.keys(fillings) as CatalogName[];

/** Tasks in memory that make the catalogs due. More make a pause longer, fewer change more pages per task. */
const recentMax = 8192;

export class Catalogs {
  readonly #database: Database;
  readonly #numbers: TaskNumbers;
  readonly #fill: Readonly<Record<CatalogName, StatementSync>>;
  readonly #mark: StatementSync;
  readonly #marked: Query<[number]>;
  readonly #lastTask: Query<[number]>;
  readonly #spaces: Query<[number]>;
  readonly #due: { readonly space: number; readonly name: CatalogName }[] = [];

  constructor(database: Database, numbers: TaskNumbers) {
    this.#database = database;
    this.#numbers = numbers;
    this.#fill = database.statements(fillings);
    this.#mark = database.statement(
      "INSERT INTO catalog VALUES (?, ?, ?) ON CONFLICT (space, name) DO UPDATE SET upTo = excluded.upTo",
    );
    this.#marked = database.query("SELECT upTo FROM catalog WHERE space = ? AND name = ?");
    this.#lastTask = database.query("SELECT lastTask FROM space WHERE number = ?");
    this.#spaces = database.query("SELECT number FROM space");
  }

  /** Brings one catalog up to the newest task of the space. */
  fill(space: number, name: CatalogName): void {
    const upTo = this.#marked.get(space, name)?.[0] ?? rangeOfSpace(space).from;
    const last = this.#lastTask.get(space)?.[0] ?? upTo;
    if (last > upTo) {
      this.#database.transaction(() => {
        this.#fill[name].run(upTo, last);
        this.#mark.run(space, name, last);
      });
    }
    if (name === "ids") this.#numbers.forgetSpace(space);
  }

  fillAll(): void {
    for (const [space] of this.#spaces.all()) for (const name of names) this.fill(space, name);
  }

  isDue(): boolean {
    return this.#due.length > 0 || this.#numbers.recentCount >= recentMax;
  }

  /** Fills one catalog of those that are due. `true`: there are more. */
  fillNextDue(): boolean {
    if (this.#due.length === 0 && this.isDue()) {
      for (const space of this.#numbers.spaces()) for (const name of names) this.#due.push({ space, name });
    }
    const next = this.#due.shift();
    if (next !== undefined) this.fill(next.space, next.name);
    return this.#due.length > 0;
  }
}
