import type { StatementSync } from "node:sqlite";
import type { PackedChanges } from "../requests.ts";
import type { Database, Query } from "./database.ts";

/** Parts of commits that were laid aside, and that nobody can read until they are taken up. */
export class StagedParts {
  readonly #add: StatementSync;
  readonly #drop: StatementSync;
  readonly #count: Query<[number]>;
  readonly #read: Query<[string]>;

  constructor(database: Database) {
    this.#add = database.statement("INSERT INTO staged (space, part, changes) VALUES (?, ?, ?)");
    this.#drop = database.statement("DELETE FROM staged WHERE space = ?");
    this.#count = database.query("SELECT count(*) FROM staged WHERE space = ?");
    this.#read = database.query("SELECT changes FROM staged WHERE space = ? AND part = ?");
  }

  add(space: number, part: number, changes: PackedChanges): void {
    this.#add.run(space, part, JSON.stringify(changes));
  }

  drop(space: number): void {
    this.#drop.run(space);
  }

  count(space: number): number {
    return this.#count.get(space)?.[0] ?? 0;
  }

  read(space: number, part: number): PackedChanges {
    const row = this.#read.get(space, part);
    if (row === undefined) throw new Error(`part ${part} of ${this.count(space)} is not there`);
    return JSON.parse(row[0]) as PackedChanges;
  }
}
