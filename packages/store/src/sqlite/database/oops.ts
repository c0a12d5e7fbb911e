import type { StatementSync } from "node:sqlite";
import type { OopsRecord } from "@berth/engine";
import type { OopsQuery } from "../../port.ts";
import type { OopsPosition, OopsRow } from "../requests.ts";
import type { Database } from "./database.ts";

export class OopsTable {
  readonly #database: Database;
  readonly #insert: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.statement(
      `INSERT INTO oops (space, id, at, task, target, fingerprint, oops) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (space, id) DO NOTHING`,
    );
  }

  write(space: number, records: readonly OopsRecord[]): void {
    for (const oops of records) {
      const { id, at, task, target, fingerprint } = oops;
      this.#insert.run(space, id, at, task, target, fingerprint, JSON.stringify(oops));
    }
  }

  /** The newest first, from behind `after` on. */
  read(space: number, query: OopsQuery, after: OopsPosition | null): OopsRow[] {
    const conditions = ["space = ?"];
    const values: (string | number)[] = [space];
    const where = (condition: string, ...given: (string | number | undefined)[]): void => {
      if (given[0] === undefined) return;
      conditions.push(condition);
      values.push(...(given as (string | number)[]));
    };
    where("id = ?", query.id);
    where("task = ?", query.task);
    where("target = ?", query.target);
    where("fingerprint = ?", query.fingerprint);
    where("at >= ?", query.from);
    where("at < ?", query.before);
    where("(at, number) < (?, ?)", after?.at, after?.number);
    const sql = `SELECT number, at, oops FROM oops WHERE ${conditions.join(" AND ")}
                 ORDER BY at DESC, number DESC LIMIT ?`;
    return this.#database.query<OopsRow>(sql).all(...values, query.limit);
  }
}
