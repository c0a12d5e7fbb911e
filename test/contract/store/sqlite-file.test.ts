// What a store in a file has beyond the contract: the file, and who else may have it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applicationId, migrations } from "../../../packages/store/src/sqlite/database/schema.ts";
import {
  changed,
  hold,
  leg,
  oops,
  payload,
  session,
  startedAt,
  status,
  submitted,
  target,
  task,
} from "./records.ts";
import { rejection, Scene } from "./scene.ts";

let folder = "";
let path = "";
const stores: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-store-"));
  path = join(folder, "berth.db");
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.stop()));
  rmSync(folder, { recursive: true });
});

function newStore(): Store {
  const store = createSqliteStore({ path, durability: "memory" });
  stores.push(store);
  return store;
}

async function startedStore(): Promise<Store> {
  const store = newStore();
  await store.start();
  return store;
}

describe("the file of a store", () => {
  test("is created with its folder, for its owner's eyes only", async () => {
    path = join(folder, "a", "b", "berth.db");
    await startedStore();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("is one file after the stop", async () => {
    const store = await startedStore();
    await (await new Scene(store).writer()).commit(...submitted(task()));
    await store.stop();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(existsSync(`${path}-shm`)).toBe(false);
  });

  test("belongs to one store at a time", async () => {
    const first = await startedStore();
    const second = newStore();
    const message = await rejection(second.start(), "store_in_use");
    expect(message).toContain(path);
    expect(message).toContain("stop that one");
    await rejection(second.spaces(), "store_unreachable");
    await first.stop();
    await second.start();
    expect(await second.spaces()).toEqual([]);
  });

  test("of a newer version of Berth is refused, and left as it is", async () => {
    await (await startedStore()).stop();
    inDatabase((database) => database.exec("PRAGMA user_version = 1000"));
    const before = readFileSync(path);
    const message = await rejection(newStore().start(), "store_newer_version");
    expect(message).toContain(path);
    expect(message).toContain("1000");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("of an older version of Berth is brought up to this one, with all that is in it", async () => {
    inDatabase((database) => {
      database.exec("PRAGMA auto_vacuum = INCREMENTAL");
      database.exec(migrations[0] ?? "");
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
      database.exec("INSERT INTO space (number, name, sequence, lastTask) VALUES (1, 's', 5, 0)");
    });
    const store = await startedStore();
    expect(await store.spaces()).toEqual(["s"]);
    const ownership = await store.acquire({ space: "s", owner: "a", at: startedAt, leaseMs: 1000 });
    expect(ownership).toEqual({ epoch: startedAt, sequence: 5 });
    expect((await store.history("s")).epochs).toEqual([{ epoch: startedAt, owner: "a", sequence: 5 }]);
  });

  test("of the version before has no less in it than was written then", async () => {
    inDatabase((database) => writeVersion2(database));
    const store = await startedStore();
    const waiting = task({ id: "live", targets: ["web-1"], queuedAt: 7, digest: "d" });
    const parked = { ...waiting, id: "several", targets: ["web-1", "web-2"], order: 2 };
    const parkedStatus = status("parked", { priority: "high", startedAt: 8 });
    const live = await store.load("s");
    expect(live.tasks).toEqual([waiting, { ...parked, status: parkedStatus }]);
    expect(live.legs).toEqual([
      leg(waiting),
      leg(parked, { target: "web-1", state: "failed", endedAt: 9, exitCode: 1 }),
      leg(parked, { target: "web-2", state: "parked", attempt: 5, failures: 5, reason: '\u{1f6a2} "' }),
    ]);
    expect(live.holds).toEqual([hold("freeze", { reason: 'größer als "x"\n\u{1f6a2}' })]);
    expect([live.semaphores, live.schedules, live.durations]).toEqual([[], [], []]);
    const { items } = await store.oops("s", { cursor: null, limit: 9 });
    expect(items).toEqual([oops("oops-1", { text: "at größe\n" })]);
    expect(await store.history("s")).toEqual({ sequence: 5, leaseUntil: 0, epochs: [] });
    const lease = { space: "s", owner: "a", at: startedAt, leaseMs: 1000 };
    const epoch = (await store.acquire(lease))?.epoch ?? 0;
    const commit = { space: "s", owner: "a", epoch, at: startedAt, changes: [], counters: live.counters };
    expect(await store.commit({ ...commit, sequence: 6, parts: 1 })).toEqual({
      type: "parts-missing",
      staged: 0,
    });
    const changes = [changed(parked, status("failed", { childrenFailed: 1 }))];
    expect(await store.commit({ ...commit, sequence: 6, changes })).toEqual({ type: "committed" });
    expect((await store.task("s", "several"))?.task.status.childrenFailed).toBe(1);
    const all = { before: Number.MAX_SAFE_INTEGER, endedTasksMax: 0, limit: 10 };
    expect(await store.prune("s", all)).toEqual({ tasks: 1, oops: 1 });
  });

  test("that is no database is refused", async () => {
    writeFileSync(path, "This is a letter to my aunt.\n".repeat(1000));
    expect(await rejection(newStore().start(), "store_broken")).toContain(path);
  });

  test("that is the database of another program is refused, and left as it is", async () => {
    inDatabase((database) => database.exec("CREATE TABLE recipe (name TEXT)"));
    expect(await rejection(newStore().start(), "store_broken")).toContain("another program");
    inDatabase((database) => {
      const names = database.prepare("SELECT name FROM sqlite_schema").all();
      expect(names).toEqual([{ name: "recipe" }]);
    });
  });

  test("that is damaged is named when the damage is met", async () => {
    const store = await startedStore();
    const writer = await new Scene(store).writer();
    await writer.commit(...Array.from({ length: 500 }, () => submitted(task())).flat());
    await store.stop();
    const bytes = readFileSync(path);
    bytes.fill(0xee, 8192 * 2);
    writeFileSync(path, bytes);
    const damaged = newStore();
    const reading = damaged.start().then(() => damaged.load(writer.space));
    expect(await rejection(reading, "store_broken")).toContain(path);
  });

  test("cannot be a folder", async () => {
    mkdirSync(path);
    expect(await rejection(newStore().start(), "store_unreachable")).toContain(path);
  });

  test("frees the spaces of earlier processes when it is opened, whatever their leases say", async () => {
    const first = await startedStore();
    const before = await first.acquire({ space: "s", owner: "a", at: startedAt, leaseMs: 3_600_000 });
    await first.stop();
    const second = await startedStore();
    const after = await second.acquire({ space: "s", owner: "b", at: startedAt, leaseMs: 1000 });
    expect(after?.epoch).toBe((before?.epoch ?? 0) + 1);
  });

  test("does not grow for ever: what was deleted makes room, and what is not needed is given back", async () => {
    const store = await startedStore();
    const writer = await new Scene(store).writer();
    const sizes: { full: number; empty: number }[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let batch = 0; batch < 10; batch += 1) await writer.commit(...endedWithPayload(400));
      const full = statSync(path).size + statSync(`${path}-wal`).size;
      await store.prune(writer.space, { before: startedAt + 1e9, endedTasksMax: 0, limit: 1_000_000 });
      await store.stop();
      sizes.push({ full, empty: statSync(path).size });
      await store.start();
      Object.assign(writer, await store.acquire({ ...writer, at: startedAt, leaseMs: 1000 }));
    }
    const [first, , last] = sizes;
    expect(last?.full).toBeLessThan((first?.full ?? 0) * 1.5);
    for (const { full, empty } of sizes) expect(empty).toBeLessThan(full / 3);
  });
});

/** What Berth wrote before it knew plans, steps, parking, fingerprints and floating windows. */
function writeVersion2(database: DatabaseSync): void {
  for (const migration of migrations.slice(0, 2)) database.exec(migration);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 2`);
  const first = 2 ** 39 + 1;
  const write = (sql: string, ...values: readonly (string | number | null)[]): void => {
    database.prepare(sql).run(...values);
  };
  const space = `INSERT INTO space (number, name, sequence, orders, lastTask, epochs)
                 VALUES (1, 's', 5, 2, ?, '[[3,0]]')`;
  write(space, first + 1);
  const row = "INSERT INTO task VALUES (?, 1, ?, 'deploy', 'Deploy shop', 7, ?, ?, ?, NULL, ?, ?, ?)";
  const legOf = (id: string, rest: string): string => `["${id}","exclusive",${rest},null,null]`;
  const untouched = legOf("live.1", '"waiting",0,0,null,null,null,null,null,null,null,null');
  const record = (order: number, targets: string): string =>
    `["script","d",${order},${targets},null,null,null,null,null]`;
  write(row, first, "live", "waiting", "normal", null, "web-1", record(1, "null"), untouched);
  write(row, first + 1, "several", "parked", "high", 8, null, record(2, '["web-1","web-2"]'), null);
  const failed = legOf("several.1", '"failed",0,0,null,null,null,null,null,9,1,null');
  const parked = legOf("several.2", '"parked",5,5,null,null,null,null,null,null,null,"\u{1f6a2} \\""');
  write("INSERT INTO leg VALUES (?, 'web-1', ?)", first + 1, failed);
  write("INSERT INTO leg VALUES (?, 'web-2', ?)", first + 1, parked);
  for (const target of ["web-1", "web-2"]) write("INSERT INTO taskByTarget VALUES (?, ?)", target, first + 1);
  const { longerThanMs: _longer, ...freeze } = hold("freeze", { reason: 'größer als "x"\n\u{1f6a2}' });
  write("INSERT INTO item VALUES (1, 1, 'hold', 'freeze', ?)", JSON.stringify(freeze));
  const { fingerprint: _fingerprint, ...before } = oops("oops-1", { text: "at größe\n" });
  write("INSERT INTO oops VALUES (1, 1, 'oops-1', ?, NULL, NULL, ?)", startedAt, JSON.stringify(before));
  write("INSERT INTO staged VALUES (1, 1, '{}')");
}

function endedWithPayload(count: number) {
  return Array.from({ length: count }, () => {
    const record = task({ status: status("succeeded") });
    return [...submitted(record), payload(record, JSON.stringify("x".repeat(4000)))];
  }).flat();
}

function inDatabase(work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path);
  work(database);
  database.close();
}

test("targets and sessions of a version that knew no users have none", async () => {
  const store = await startedStore();
  const scene = new Scene(store);
  const writer = await scene.writer();
  await writer.commit(
    { type: "target", target: target("web-1") },
    { type: "session", session: session("s-1") },
  );
  await store.stop();
  inDatabase((database) => {
    for (const field of ["users", "user"])
      database.exec(`UPDATE item SET item = json_remove(item, '$.${field}')`);
  });
  const later = await startedStore();
  expect(await later.targets(scene.space)).toEqual([target("web-1", { users: [] })]);
  const { sessions } = await later.load(scene.space);
  expect(sessions).toEqual([session("s-1", { user: null })]);
});

describe("a store whose thread dies", () => {
  test("rejects what is under way and what comes later, and can be started again", async () => {
    const thread = new Promise<Worker>((resolve) => process.once("worker", resolve));
    const store = await startedStore();
    const scene = new Scene(store);
    const writer = await scene.writer();
    const record = task();
    await writer.commit(...submitted(record));
    const worker = await thread;
    // It takes several requests, which the thread has no time to answer.
    const underWay = rejection(store.load(scene.space), "store_unreachable");
    await worker.terminate();
    expect(await underWay).toContain(path);
    await rejection(store.spaces(), "store_unreachable");
    await store.stop();
    await store.start();
    expect((await store.task(scene.space, record.id))?.task).toEqual(record);
  });
});
