import type { TaskRecord } from "@berth/engine";
import { describe, expect } from "vitest";
import { line, oops, ordinaryPlan, payload, startedAt, status, submitted, task, written } from "./records.ts";
import { type ContractTest, newSpace, type Scene, type Writer } from "./scene.ts";

const unlimited = Number.MAX_SAFE_INTEGER;

/** Tasks that end one ms after the other, in the order of their ids. */
function endedTasks(count: number): TaskRecord[] {
  return Array.from({ length: count }, (_, index) =>
    task({ id: `task-${index}`, status: status("succeeded", { endedAt: startedAt + index }) }),
  );
}

async function idsLeft(scene: Scene): Promise<string[]> {
  const page = await scene.store.tasks(scene.space, { sort: "oldest", cursor: null, limit: 1000 });
  return page.items.map((item) => item.task.id);
}

async function addAll(writer: Writer, records: readonly TaskRecord[]): Promise<void> {
  await writer.commit(
    ...records.flatMap((record) => [...submitted(record), payload(record, "{}"), written(line(record, 1))]),
  );
}

export function retentionContract(test: ContractTest): void {
  describe("prune", () => {
    test("deletes tasks that ended before a time, with legs, payload and log", async ({ scene }) => {
      await addAll(await scene.writer(), endedTasks(5));
      const rule = { before: startedAt + 3, endedTasksMax: unlimited, limit: 100 };
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 3, oops: 0 });
      expect(await idsLeft(scene)).toEqual(["task-3", "task-4"]);
      expect(await scene.store.task(scene.space, "task-0")).toBeNull();
      const ids = ["task-0", "task-4"];
      expect([...(await scene.store.payloads(scene.space, ids)).keys()]).toEqual(["task-4"]);
      expect([...(await scene.store.digests(scene.space, ids)).keys()]).toEqual(["task-4"]);
      expect((await scene.store.log(scene.space, "task-0", { after: 0, limit: 9 })).lines).toEqual([]);
      expect((await scene.store.log(scene.space, "task-4", { after: 0, limit: 9 })).lines).toHaveLength(1);
      expect(await scene.store.taskCounts(scene.space)).toEqual({ succeeded: 2 });
      const byTarget = { target: "web-1", sort: "newest", cursor: null, limit: 10 } as const;
      expect((await scene.store.tasks(scene.space, byTarget)).items).toHaveLength(2);
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 0, oops: 0 });
    });

    test("deletes children and runs of schedules, which are found no more", async ({ scene }) => {
      const writer = await scene.writer();
      const [gone, kept] = endedTasks(2).map((record) => ({
        ...record,
        targets: ["web-1", "web-2"],
        plan: { ...ordinaryPlan, parent: "mother" },
        schedule: "nightly",
      }));
      await addAll(writer, [gone!, kept!]);
      const rule = { before: startedAt + 1, endedTasksMax: unlimited, limit: 100 };
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 1, oops: 0 });
      const page = { sort: "oldest", cursor: null, limit: 10 } as const;
      for (const filter of [{ parent: "mother" }, { schedule: "nightly" }]) {
        const { items } = await scene.store.tasks(scene.space, { ...filter, ...page });
        expect(items.map((item) => item.task.id)).toEqual(["task-1"]);
      }
      await addAll(writer, [{ ...gone!, plan: null, schedule: null }]);
      for (const filter of [{ parent: "mother" }, { schedule: "nightly" }]) {
        const { items } = await scene.store.tasks(scene.space, { ...filter, ...page });
        expect(items.map((item) => item.task.id)).toEqual(["task-1"]);
      }
    });

    test("never deletes a task that has not ended, however old it is", async ({ scene }) => {
      const writer = await scene.writer();
      const old = task({ id: "old", queuedAt: 1, status: status("parked") });
      await addAll(writer, [old, ...endedTasks(2)]);
      const rule = { before: startedAt + 1000, endedTasksMax: 0, limit: 100 };
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 2, oops: 0 });
      expect(await idsLeft(scene)).toEqual(["old"]);
    });

    test("goes by the end of tasks and not by their submit", async ({ scene }) => {
      const first = task({ id: "first", status: status("failed", { endedAt: startedAt + 9 }) });
      const second = task({ id: "second", status: status("failed", { endedAt: startedAt + 2 }) });
      await addAll(await scene.writer(), [first, second]);
      const rule = { before: 0, endedTasksMax: 1, limit: 100 };
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 1, oops: 0 });
      expect(await idsLeft(scene)).toEqual(["first"]);
    });

    test("deletes the ended tasks over the most that are kept, the longest ended first", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      await addAll(writer, [...endedTasks(6), task({ id: "live" })]);
      const rule = { before: 0, endedTasksMax: 4, limit: 100 };
      expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 2, oops: 0 });
      expect(await idsLeft(scene)).toEqual(["task-2", "task-3", "task-4", "task-5", "live"]);
    });

    steps(test);
    oopsToo(test);
    again(test);
  });
}

function steps(test: ContractTest): void {
  test("deletes no more tasks a call than its limit, the longest ended first", async ({ scene }) => {
    await addAll(await scene.writer(), endedTasks(7));
    const rule = { before: startedAt + 5, endedTasksMax: 5, limit: 2 };
    expect((await scene.store.prune(scene.space, rule)).tasks).toBe(2);
    expect(await idsLeft(scene)).toEqual(["task-2", "task-3", "task-4", "task-5", "task-6"]);
    expect((await scene.store.prune(scene.space, rule)).tasks).toBe(2);
    expect((await scene.store.prune(scene.space, rule)).tasks).toBe(1);
    expect((await scene.store.prune(scene.space, rule)).tasks).toBe(0);
    expect(await idsLeft(scene)).toEqual(["task-5", "task-6"]);
  });

  test("deletes a log that is longer than any step", async ({ scene }) => {
    const writer = await scene.writer();
    const [record, next] = endedTasks(2);
    await writer.commit(...submitted(record!), ...submitted(next!));
    for (let start = 0; start < 24_000; start += 4000) {
      const lines = Array.from({ length: 4000 }, (_, index) => written(line(record!, start + index + 1)));
      await writer.commit(...lines);
    }
    const rule = { before: startedAt + 10, endedTasksMax: unlimited, limit: 10 };
    expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 2, oops: 0 });
    expect((await scene.store.log(scene.space, record!.id, { after: 0, limit: 9 })).lines).toEqual([]);
    expect(await idsLeft(scene)).toEqual([]);
  });

  test("deletes thousands in one call when its limit allows it", async ({ scene }) => {
    await addAll(await scene.writer(), endedTasks(1500));
    const rule = { before: startedAt + 1400, endedTasksMax: unlimited, limit: 5000 };
    expect((await scene.store.prune(scene.space, rule)).tasks).toBe(1400);
    expect(await idsLeft(scene)).toHaveLength(100);
  });
}

function oopsToo(test: ContractTest): void {
  test("deletes OOPS of before a time, the oldest first and no more than its limit", async ({ scene }) => {
    const writer = await scene.writer();
    for (let number = 0; number < 5; number += 1) {
      await writer.commit({ type: "oops", oops: oops(`oops-${number}`, { at: startedAt + number }) });
    }
    const rule = { before: startedAt + 3, endedTasksMax: unlimited, limit: 2 };
    const left = async (): Promise<string[]> => {
      const page = await scene.store.oops(scene.space, { cursor: null, limit: 10 });
      return page.items.map(({ id }) => id);
    };
    expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 0, oops: 2 });
    expect(await left()).toEqual(["oops-4", "oops-3", "oops-2"]);
    expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 0, oops: 1 });
    expect(await scene.store.prune(scene.space, rule)).toEqual({ tasks: 0, oops: 0 });
    expect(await left()).toEqual(["oops-4", "oops-3"]);
  });
}

function again(test: ContractTest): void {
  test("leaves other spaces alone", async ({ scene }) => {
    const other = newSpace();
    await addAll(await scene.writer(), endedTasks(2));
    await addAll(await scene.writer(other), endedTasks(2));
    await scene.store.prune(scene.space, { before: startedAt + 10, endedTasksMax: 0, limit: 10 });
    expect(await scene.store.taskCounts(other)).toEqual({ succeeded: 2 });
    expect(await scene.store.prune(newSpace(), { before: startedAt, endedTasksMax: 0, limit: 1 })).toEqual({
      tasks: 0,
      oops: 0,
    });
  });

  test("makes room for a task of the same id", async ({ scene }) => {
    const writer = await scene.writer();
    await addAll(writer, endedTasks(1));
    await scene.store.prune(scene.space, { before: startedAt + 1, endedTasksMax: 10, limit: 10 });
    const record = task({ id: "task-0", name: "Another" });
    await addAll(writer, [record]);
    expect((await scene.store.task(scene.space, "task-0"))?.task).toEqual(record);
    expect(await idsLeft(scene)).toEqual(["task-0"]);
    const { lines } = await scene.store.log(scene.space, "task-0", { after: 0, limit: 9 });
    expect(lines).toHaveLength(1);
  });

  test("drops lines that come after their task was deleted", async ({ scene }) => {
    const writer = await scene.writer();
    const [record] = endedTasks(1);
    await addAll(writer, [record!]);
    await scene.store.prune(scene.space, { before: startedAt + 1, endedTasksMax: 10, limit: 10 });
    await writer.commit(written(line(record!, 2)));
    expect((await scene.store.log(scene.space, "task-0", { after: 0, limit: 9 })).lines).toEqual([]);
  });
}
