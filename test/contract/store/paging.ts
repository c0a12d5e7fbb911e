import type { TaskRecord } from "@berth/engine";
import type { TaskQuery } from "@berth/store";
import { describe, expect } from "vitest";
import { changed, ordinaryPlan, startedAt, status, submitted, task } from "./records.ts";
import { type ContractTest, rejection, type Scene, type Writer } from "./scene.ts";

export function pagingContract(test: ContractTest): void {
  describe("pages of tasks", () => {
    for (const filter of [
      {},
      { target: "web-1" },
      { states: ["waiting"] as const },
      { name: "Deploy shop" },
      { parent: "family" },
      { schedule: "nightly" },
    ]) {
      test(`of ${JSON.stringify(filter)} have no gaps or repetitions while tasks are added`, async ({
        scene,
      }) => {
        const writer = await scene.writer();
        await addNumbered(writer, 0, 25);
        for (const sort of ["newest", "oldest"] as const) {
          const seen = await readWhileAdding(scene, writer, { ...filter, sort, cursor: null, limit: 7 });
          const before = seen.filter((id) => id.startsWith("task-"));
          const expected = Array.from({ length: 25 }, (_, index) => `task-${index}`);
          expect(before).toEqual(sort === "newest" ? expected.toReversed() : expected);
          expect(new Set(seen).size).toBe(seen.length);
        }
      });
    }

    test("go on behind a task that was there when the page before was read and changed since", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const records = await addNumbered(writer, 0, 6);
      const query: TaskQuery = { states: ["waiting"], sort: "newest", cursor: null, limit: 3 };
      const first = await scene.store.tasks(scene.space, query);
      await writer.commit(changed(records[3]!, status("running")), changed(records[2]!, status("running")));
      const second = await scene.store.tasks(scene.space, { ...query, cursor: first.next });
      expect(second.items.map((item) => item.task.id)).toEqual(["task-1", "task-0"]);
      expect(second.next).toBeNull();
    });

    test("end when the last one is full", async ({ scene }) => {
      await addNumbered(await scene.writer(), 0, 4);
      const query: TaskQuery = { sort: "oldest", cursor: null, limit: 2 };
      const first = await scene.store.tasks(scene.space, query);
      const second = await scene.store.tasks(scene.space, { ...query, cursor: first.next });
      expect(second.items).toHaveLength(2);
      expect(second.next).toBeNull();
    });

    test("refuse a cursor that is none, or of the other sort", async ({ scene }) => {
      await addNumbered(await scene.writer(), 0, 4);
      const query: TaskQuery = { sort: "newest", cursor: null, limit: 2 };
      for (const cursor of ["", "x", "12", "newest-", "newest-x", "newest-1x", "'; DROP TABLE task"]) {
        const message = await rejection(
          scene.store.tasks(scene.space, { ...query, cursor }),
          "cursor_invalid",
        );
        expect(message).toContain(cursor);
      }
      const { next } = await scene.store.tasks(scene.space, query);
      await rejection(
        scene.store.tasks(scene.space, { ...query, sort: "oldest", cursor: next }),
        "cursor_invalid",
      );
    });
  });

  manyTasks(test);
}

async function addNumbered(writer: Writer, from: number, to: number): Promise<TaskRecord[]> {
  const records = Array.from({ length: to - from }, (_, index) => ofFamily(`task-${from + index}`));
  await writer.commit(...records.flatMap(submitted));
  return records;
}

/** A task that each of the filters finds. */
function ofFamily(id: string): TaskRecord {
  return task({ id, plan: { ...ordinaryPlan, parent: "family" }, schedule: "nightly" });
}

async function readWhileAdding(scene: Scene, writer: Writer, query: TaskQuery): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 20; page += 1) {
    const { items, next }: Awaited<ReturnType<typeof scene.store.tasks>> = await scene.store.tasks(
      scene.space,
      { ...query, cursor },
    );
    seen.push(...items.map((item) => item.task.id));
    cursor = next;
    if (cursor === null) return seen;
    if (page < 3) await writer.commit(...submitted(ofFamily(`late-${query.sort}-${page}`)));
  }
  throw new Error("the pages do not end");
}

const manyCount = 25_000;

/** More than any adapter looks at in one go. */
function manyTasks(test: ContractTest): void {
  test("tasks are found among many, however rare they are", async ({ scene }) => {
    const writer = await scene.writer();
    const rareEvery = 6000;
    for (let start = 0; start < manyCount; start += 1000) {
      const records = Array.from({ length: 1000 }, (_, index) => manyTask(start + index, rareEvery));
      await writer.commit(...records.flatMap(submitted));
    }
    const find = async (query: Partial<TaskQuery>): Promise<string[]> => {
      const page = await scene.store.tasks(scene.space, { sort: "oldest", cursor: null, limit: 3, ...query });
      return page.items.map((item) => item.task.id);
    };
    expect(await find({ kinds: ["job"] })).toEqual(["task-0", "task-6000", "task-12000"]);
    expect(await find({ kinds: ["job"], sort: "newest" })).toEqual([
      "task-24000",
      "task-18000",
      "task-12000",
    ]);
    expect(await find({ kinds: ["job"], target: "web-0" })).toEqual(["task-0", "task-6000", "task-12000"]);
    expect(await find({ kinds: ["job"], states: ["waiting"] })).toEqual(["task-6000", "task-18000"]);
    expect(await find({ kinds: ["job"], states: ["succeeded"], sort: "newest" })).toEqual([
      "task-24000",
      "task-12000",
      "task-0",
    ]);
    expect(await find({ name: "Rare" })).toEqual(["task-1"]);
    expect(await find({ name: "Deploy shop", kinds: ["job"], queuedFrom: startedAt + 13_000 })).toEqual([
      "task-18000",
      "task-24000",
    ]);
    expect(await find({ queuedFrom: startedAt + 20_000, queuedBefore: startedAt + 20_002 })).toEqual([
      "task-20000",
      "task-20001",
    ]);
    expect(await find({ target: "web-7", sort: "newest" })).toEqual([
      "task-24907",
      "task-24807",
      "task-24707",
    ]);
    for (const number of [0, 8191, 8192, 24_999]) {
      const id = `task-${number}`;
      expect((await scene.store.task(scene.space, id))?.task.queuedAt).toBe(startedAt + number);
    }
  });
}

function manyTask(number: number, rareEvery: number): TaskRecord {
  return task({
    id: `task-${number}`,
    kind: number % rareEvery === 0 ? "job" : "deploy",
    name: number === 1 ? "Rare" : "Deploy shop",
    targets: [`web-${number % 100}`],
    queuedAt: startedAt + number,
    status: status(number % (2 * rareEvery) < rareEvery ? "succeeded" : "waiting"),
  });
}
