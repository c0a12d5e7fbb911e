// Catalogs are filled a little at a time, between requests. Whatever comes in the midst of that must find all or nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { createSqliteStore } from "@berth/store/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { line, ordinaryPlan, payload, status, submitted, task, written } from "./records.ts";
import { Scene } from "./scene.ts";

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-store-"));
  path = join(folder, "berth.db");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Enough to make the catalogs due; some have several targets. */
const records = Array.from({ length: 9000 }, (_, index) =>
  task({
    id: `task-${index}`,
    name: `name ${index % 10}`,
    targets: index % 100 === 0 ? ["web-1", "web-2"] : [`web-${index % 50}`],
    plan: index % 7 === 0 ? { ...ordinaryPlan, parent: "mother" } : null,
    schedule: index % 11 === 0 ? "nightly" : null,
    status: status("succeeded"),
  }),
);
const everything = { before: Number.MAX_SAFE_INTEGER, endedTasksMax: 0, limit: 10_000 };

/** The thread fills a little between any two requests. */
const turns = [0, 1, 2, 4, 8, 12, 20];

describe("in the midst of the filling of catalogs", () => {
  test("tasks are deleted with all that is known of them", async () => {
    const store = createSqliteStore({ path, durability: "memory" });
    await store.start();
    const writer = await new Scene(store).writer();
    for (const count of turns) {
      await writer.commit(
        ...records.flatMap((record) => [
          ...submitted(record),
          payload(record, "{}"),
          written(line(record, 1)),
        ]),
      );
      for (let turn = 0; turn < count; turn += 1) await store.spaces();
      expect(await store.prune(writer.space, everything)).toEqual({ tasks: 9000, oops: 0 });
      const found = await store.digests(writer.space, ["task-0", "task-8999"]);
      expect(found.size).toBe(0);
    }
    await store.stop();
    const database = new DatabaseSync(path);
    const byOrigin = ["taskByParent", "taskBySchedule"];
    const catalogs = ["taskById", "taskByTarget", "taskByName"];
    for (const table of ["task", ...byOrigin, ...catalogs, "leg", "payload", "line"]) {
      expect(database.prepare(`SELECT count(*) AS count FROM ${table}`).get(), table).toEqual({ count: 0 });
    }
    database.close();
  });

  for (const count of turns) {
    test(`the thread may die, after ${count} steps, and everything is found`, async () => {
      const thread = new Promise<Worker>((resolve) => process.once("worker", resolve));
      const store = createSqliteStore({ path, durability: "memory" });
      await store.start();
      const writer = await new Scene(store).writer();
      await writer.commit(...records.flatMap(submitted));
      for (let turn = 0; turn < count; turn += 1) await store.spaces();
      await (await thread).terminate();
      await store.stop();
      await store.start();
      const ids = records.map(({ id }) => id);
      expect((await store.digests(writer.space, ids)).size).toBe(9000);
      const find = async (query: { target: string } | { name: string }): Promise<number> => {
        const page = { sort: "newest", cursor: null, limit: 1000 } as const;
        return (await store.tasks(writer.space, { ...query, ...page })).items.length;
      };
      expect(await find({ target: "web-1" })).toBe(
        records.filter((each) => each.targets.includes("web-1")).length,
      );
      expect(await find({ target: "web-2" })).toBe(
        records.filter((each) => each.targets.includes("web-2")).length,
      );
      expect(await find({ name: "name 3" })).toBe(900);
      await store.stop();
    });
  }
});
