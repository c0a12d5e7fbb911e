import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { StoreError } from "../../port.ts";
import type { SqliteStoreOptions } from "../index.ts";
import { applicationId, migrations } from "./schema.ts";

/** A prepared statement whose rows come as lists of their columns. */
export interface Query<Row> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
}

/** An open database of the newest schema, which no other process can open. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #queries = new Map<string, Query<unknown>>();

  /** Throws errors of SQLite and `StoreError`. */
  constructor(options: SqliteStoreOptions) {
    if (options.path !== ":memory:") createFile(options.path);
    this.#connection = new DatabaseSync(options.path);
    try {
      prepareFile(this.#connection, options);
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#begin = this.#connection.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#connection.prepare("COMMIT");
  }

  statement(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  statements<Name extends string>(texts: Readonly<Record<Name, string>>): Record<Name, StatementSync> {
    const prepared = Object.entries<string>(texts).map(([name, text]) => [name, this.statement(text)]);
    return Object.fromEntries(prepared) as Record<Name, StatementSync>;
  }

  /** `Row` is the tuple of the selected columns. The same text is prepared once. */
  query<Row extends readonly unknown[]>(sql: string): Query<Row> {
    const known = this.#queries.get(sql);
    if (known !== undefined) return known as Query<Row>;
    const statement = this.#connection.prepare(sql);
    statement.setReturnArrays(true);
    // It does return arrays, which its type does not know.
    const query = statement as unknown as Query<Row>;
    this.#queries.set(sql, query);
    return query;
  }

  /** Runs `work` whole or not at all. */
  transaction<Value>(work: () => Value): Value {
    this.#begin.run();
    try {
      const value = work();
      this.#commit.run();
      return value;
    } catch (error) {
      // Some failures, such as a full disk, have rolled back already.
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Gives up to `pages` unused pages back to the file system once more than a fifth of the file is unused. */
  shrink(pages: number): void {
    const [unused = 0] = this.query<[number]>("PRAGMA freelist_count").get() ?? [];
    const [all = 0] = this.query<[number]>("PRAGMA page_count").get() ?? [];
    // Reading all rows is what makes it go through the pages.
    if (unused > all / 5) this.query(`PRAGMA incremental_vacuum(${pages})`).all();
  }

  /** Leaves one file: what the write-ahead log holds is brought home. */
  close(): void {
    try {
      this.#connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      this.#connection.close();
    }
  }
}

/** Payloads may hold secrets, so that nobody but the owner of the process may read the file. */
function createFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a", 0o600));
  } catch (cause) {
    const message = `the database "${path}" cannot be created; check the permissions of its folder, or give another path`;
    throw new StoreError("store_unreachable", message, { cause });
  }
}

/** Nothing is written before it is known that the file is ours to write. */
function prepareFile(connection: DatabaseSync, { path, durability }: SqliteStoreOptions): void {
  // Keeps other processes out, and the index of the write-ahead log in memory.
  connection.exec("PRAGMA locking_mode = EXCLUSIVE");
  const version = versionOf(connection, path);
  if (version === null) {
    // Pages of 8 KiB suit rows that are appended: measured, a little faster than 4 KiB.
    connection.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL");
  }
  // A checkpoint every 2,000 pages (16 MiB) brings a page home once for several times that it changed.
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${durability === "fsync" ? "FULL" : "NORMAL"};
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;
  `);
  migrate(connection, version ?? 0);
}

/** The version of the schema; `null` where the file is empty. Throws `StoreError` if it is not one of ours. */
function versionOf(connection: DatabaseSync, path: string): number | null {
  if (numberFrom(connection, "SELECT count(*) FROM sqlite_schema") === 0) return null;
  if (numberFrom(connection, "PRAGMA application_id") !== applicationId) {
    const message = `the file "${path}" is a database of another program; give another path`;
    throw new StoreError("store_broken", message);
  }
  const version = numberFrom(connection, "PRAGMA user_version");
  if (version > migrations.length) {
    throw new StoreError(
      "store_newer_version",
      `the database "${path}" has schema version ${version}, and this version of Berth knows ${migrations.length}; run the newer Berth that wrote it`,
    );
  }
  return version;
}

function migrate(connection: DatabaseSync, version: number): void {
  connection.exec("BEGIN EXCLUSIVE");
  for (const migration of migrations.slice(version)) connection.exec(migration);
  connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
  connection.exec("COMMIT");
}

function numberFrom(connection: DatabaseSync, sql: string): number {
  const statement = connection.prepare(sql);
  statement.setReturnArrays(true);
  const [value] = statement.get() as unknown as [number];
  return value;
}
