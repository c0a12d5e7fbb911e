import type { Store } from "../port.ts";
import { SqliteStore } from "./store.ts";

export interface SqliteStoreOptions {
  /** The database file; it and its folder are created where they are missing. `:memory:` keeps nothing. */
  readonly path: string;
  /**
   * What a commit waits for. `memory`: it survives the end of the process, not that of the machine. `fsync`: it
   * survives both; each commit costs a write to the disk.
   */
  readonly durability: "memory" | "fsync";
}

/**
 * A store in one file, for one process: a second one that opens it is refused with `store_in_use`. Since nobody else
 * can have it, whoever owned a space in it before is gone when it is opened, and every space is free.
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}
