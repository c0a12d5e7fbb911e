import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@berth/store";
import { createSqliteStore, type SqliteStoreOptions } from "@berth/store/sqlite";
import { storeContract } from "./contract.ts";
import type { OpenStore, StoreSubject } from "./subject.ts";

storeContract("SQLite in a file", inFile("memory"));
storeContract("SQLite in a file that is written through to the disk", inFile("fsync"));
storeContract("SQLite in memory", {
  isLasting: false,
  open: () => openAt(":memory:", "memory", async () => {}),
});

function inFile(durability: SqliteStoreOptions["durability"]): StoreSubject {
  return {
    isLasting: true,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), "berth-store-"));
      const path = join(folder, "data", "berth.db");
      return openAt(path, durability, () => rm(folder, { recursive: true }));
    },
  };
}

async function openAt(
  path: string,
  durability: SqliteStoreOptions["durability"],
  remove: () => Promise<void>,
): Promise<OpenStore> {
  const start = async (): Promise<Store> => {
    const started = createSqliteStore({ path, durability });
    await started.start();
    return started;
  };
  let current = await start();
  return {
    store: current,
    async reopen() {
      await current.stop();
      current = await start();
      return current;
    },
    async close() {
      await current.stop();
      await remove();
    },
  };
}
