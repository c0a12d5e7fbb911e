import type { StatementSync } from "node:sqlite";
import type { Database, Query } from "./database.ts";
import { rangeOfSpace } from "./numbering.ts";
import type { TaskNumbers } from "./task-numbers.ts";

/** The entries of each catalog, of the tasks of a range of numbers. */
const sources = {
  ids: "SELECT id AS key, number FROM task WHERE number > ? AND number <= ?",
  // Targets of tasks with several are in the catalog from the start.
  targets: "SELECT target AS key, number FROM task WHERE number > ? AND number <= ? AND target IS NOT NULL",
  names: "SELECT name AS key, number FROM task WHERE number > ? AND number <= ?",
};

type CatalogName = keyof typeof sources;

const tables: Readonly<Record<CatalogName, string>> = {
  ids: "taskById",
  targets: "taskByTarget",
  names: "taskByName",
};

const names = Object.keys(sources) as CatalogName[];

/** Tasks in memory that make the catalogs due. More change fewer pages per task, and take more memory. */
const recentMax = 8192;

/** Entries that are written in one go: a few milliseconds. */
const sliceSize = 1024;

/** A filling under way: its entries stand sorted in a table in memory, and go from there slice by slice. */
interface Filling {
  readonly space: number;
  readonly name: CatalogName;
  readonly upTo: number;
  readonly count: number;
  done: number;
}

type Statements = Readonly<Record<CatalogName, StatementSync>>;

/**
 * Catalogs are indexes that commits do not write. Ids, targets and names come in no order, so that each new task would
 * change a page of its own in each index, and a commit costs by the page: measured, half as much again in all, and
 * twice as much where ids are random. Instead they are filled from the table behind the commits, thousands of tasks at
 * a time and sorted, which changes a page once for many; and before they are read.
 */
export class Catalogs {
  readonly #database: Database;
  readonly #numbers: TaskNumbers;
  readonly #clear: StatementSync;
  readonly #sort: Statements;
  readonly #writeSorted: Statements;
  readonly #writeAll: Statements;
  readonly #mark: StatementSync;
  readonly #marked: Query<[number]>;
  readonly #lastTask: Query<[number]>;
  readonly #spaces: Query<[number]>;
  readonly #due: { readonly space: number; readonly name: CatalogName }[] = [];
  #filling: Filling | null = null;

  constructor(database: Database, numbers: TaskNumbers) {
    this.#database = database;
    this.#numbers = numbers;
    database
      .statement("CREATE TEMP TABLE sorted (place INTEGER PRIMARY KEY, key TEXT, number INTEGER)")
      .run();
    this.#clear = database.statement("DELETE FROM sorted");
    this.#sort = prepareEach(database, (name) => {
      return `INSERT INTO sorted (key, number) ${sources[name]} ORDER BY key, number`;
    });
    // What is there already was written by a filling that did not come to its end.
    this.#writeSorted = prepareEach(database, (name) => {
      return `INSERT OR IGNORE INTO ${tables[name]} SELECT key, number FROM sorted WHERE place > ? AND place <= ?`;
    });
    this.#writeAll = prepareEach(database, (name) => {
      return `INSERT OR IGNORE INTO ${tables[name]} ${sources[name]} ORDER BY key, number`;
    });
    this.#mark = database.statement(
      "INSERT INTO catalog VALUES (?, ?, ?) ON CONFLICT (space, name) DO UPDATE SET upTo = excluded.upTo",
    );
    this.#marked = database.query("SELECT upTo FROM catalog WHERE space = ? AND name = ?");
    this.#lastTask = database.query("SELECT lastTask FROM space WHERE number = ?");
    this.#spaces = database.query("SELECT number FROM space");
  }

  isDue(): boolean {
    return this.#filling !== null || this.#due.length > 0 || this.#numbers.recentCount >= recentMax;
  }

  /** Does a bounded part of what is due. */
  step(): void {
    if (this.#filling !== null) {
      this.#writeSlice(this.#filling);
      return;
    }
    if (this.#due.length === 0 && this.isDue()) {
      for (const space of this.#numbers.spaces()) for (const name of names) this.#due.push({ space, name });
    }
    const next = this.#due.shift();
    if (next !== undefined) this.#filling = this.#begin(next.space, next.name);
  }

  #begin(space: number, name: CatalogName): Filling {
    const { from, to } = this.#behind(space, name);
    this.#clear.run();
    const count = Number(this.#sort[name].run(from, to).changes);
    return { space, name, upTo: to, count, done: 0 };
  }

  #writeSlice(filling: Filling): void {
    const { space, name, upTo, count, done } = filling;
    this.#database.transaction(() => {
      this.#writeSorted[name].run(done, done + sliceSize);
      if (done + sliceSize >= count) this.#mark.run(space, name, upTo);
    });
    filling.done += sliceSize;
    if (filling.done < count) return;
    this.#filling = null;
    if (name === "ids") this.#numbers.forgetUpTo(space, upTo);
  }

  /** Brings a catalog up to the newest task of the space, in one go. */
  fill(space: number, name: CatalogName): void {
    if (this.#filling?.space === space && this.#filling.name === name) this.#filling = null;
    const { from, to } = this.#behind(space, name);
    if (from === to) return;
    this.#database.transaction(() => {
      this.#writeAll[name].run(from, to);
      this.#mark.run(space, name, to);
    });
    if (name === "ids") this.#numbers.forgetUpTo(space, to);
  }

  /** Before tasks of the space are deleted: what stands sorted must not be written when its task is gone. */
  settle(space: number): void {
    if (this.#filling?.space === space) this.fill(space, this.#filling.name);
  }

  fillAll(): void {
    for (const [space] of this.#spaces.all()) for (const name of names) this.fill(space, name);
  }

  /** Which tasks the catalog does not hold yet: those above `from`, up to `to`. */
  #behind(space: number, name: CatalogName): { readonly from: number; readonly to: number } {
    const from = this.#marked.get(space, name)?.[0] ?? rangeOfSpace(space).from;
    return { from, to: Math.max(from, this.#lastTask.get(space)?.[0] ?? from) };
  }
}

function prepareEach(database: Database, sql: (name: CatalogName) => string): Statements {
  return database.statements({ ids: sql("ids"), targets: sql("targets"), names: sql("names") });
}
