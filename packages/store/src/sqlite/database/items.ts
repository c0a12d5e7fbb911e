import type { StatementSync } from "node:sqlite";
import type { ItemChange, ItemKind } from "../requests.ts";
import type { Database, Query } from "./database.ts";

/** Targets, sessions, holds and quarantines: small sets, read as a whole. */
export class ItemTable {
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteAll: StatementSync;
  readonly #byKey: Query<[string]>;
  readonly #byPlace: Query<[string]>;

  constructor(database: Database) {
    // What is put again keeps its place.
    this.#put = database.statement(
      `INSERT INTO item (space, kind, key, item) VALUES (?, ?, ?, ?)
       ON CONFLICT (space, kind, key) DO UPDATE SET item = excluded.item`,
    );
    this.#delete = database.statement("DELETE FROM item WHERE space = ? AND kind = ? AND key = ?");
    this.#deleteAll = database.statement("DELETE FROM item WHERE space = ?");
    this.#byKey = database.query("SELECT item FROM item WHERE space = ? AND kind = ? ORDER BY key");
    this.#byPlace = database.query("SELECT item FROM item WHERE space = ? AND kind = ? ORDER BY place");
  }

  write(space: number, changes: readonly ItemChange[]): void {
    for (const [kind, key, item] of changes) {
      if (item === null) this.#delete.run(space, kind, key);
      else this.#put.run(space, kind, key, item);
    }
  }

  clear(space: number): void {
    this.#deleteAll.run(space);
  }

  /** Targets by their ids, all others in the order in which they came. */
  read(space: number, kind: ItemKind): string[] {
    const query = kind === "target" ? this.#byKey : this.#byPlace;
    return query.all(space, kind).map(([item]) => item);
  }
}
