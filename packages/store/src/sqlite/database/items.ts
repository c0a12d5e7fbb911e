import type { StatementSync } from "node:sqlite";
import type { DurationStep, ItemChange, ItemKind } from "../requests.ts";
import type { Database, Query } from "./database.ts";

/** Durations per step of a load: some tens of milliseconds. */
const durationStepSize = 5000;

/** In the order of their ids; all others in the order in which they came. */
const kindsByKey: ReadonlySet<ItemKind> = new Set<ItemKind>(["target", "semaphore", "schedule"]);

/** Targets, sessions, holds and the like: small sets, read as a whole, and durations. */
export class ItemTable {
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteAll: StatementSync;
  readonly #byKey: Query<[string]>;
  readonly #byPlace: Query<[string]>;
  readonly #durations: Query<[key: string, item: string]>;

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
    this.#durations = database.query(
      "SELECT key, item FROM item WHERE space = ? AND kind = 'duration' AND key > ? ORDER BY key LIMIT ?",
    );
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

  read(space: number, kind: ItemKind): string[] {
    const query = kindsByKey.has(kind) ? this.#byKey : this.#byPlace;
    return query.all(space, kind).map(([item]) => item);
  }

  durationStep(space: number, after: string | null): DurationStep {
    const rows = this.#durations.all(space, after ?? "", durationStepSize);
    const last = rows.length === durationStepSize ? rows.at(-1) : undefined;
    return { texts: rows.map(([, item]) => item), next: last?.[0] ?? null };
  }
}
