import { describe, expect } from "vitest";
import { changed, payload, status, submitted, task } from "./records.ts";
import { type ContractTest, newSpace } from "./scene.ts";

export function factsContract(test: ContractTest): void {
  describe("payloads", () => {
    test("are found by task, and those that are not there are left out", async ({ scene }) => {
      const writer = await scene.writer();
      const [first, second, without] = [task(), task(), task()];
      await writer.commit(
        ...[first, second, without].flatMap(submitted),
        payload(first, '{"script":"echo 1"}'),
        payload(second, '{"script":"echo 2"}'),
      );
      const ids = [second.id, "unknown", without.id, first.id];
      expect(await scene.store.payloads(scene.space, ids)).toEqual(
        new Map([
          [second.id, '{"script":"echo 2"}'],
          [first.id, '{"script":"echo 1"}'],
        ]),
      );
      expect(await scene.store.payloads(scene.space, [])).toEqual(new Map());
    });

    test("stay when the task changes and when it ends", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record), payload(record, "{}"));
      await writer.commit(changed(record, status("running")));
      await writer.commit(changed(record, status("succeeded")));
      expect(await scene.store.payloads(scene.space, [record.id])).toEqual(new Map([[record.id, "{}"]]));
    });

    test("of a mebibyte, with every kind of character, are kept as they are", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ name: "Täsk 🚢 \u0000\u2028'\"", targets: ["wéb-🚢"] });
      const text = JSON.stringify({
        script: `#!/bin/sh\necho "ÄÖÜ 🚢 \u0000 \u2028"\n${"x🚢".repeat(180_000)}`,
      });
      await writer.commit(...submitted(record), payload(record, text));
      expect((await scene.store.payloads(scene.space, [record.id])).get(record.id)).toBe(text);
      const found = await scene.store.tasks(scene.space, {
        target: "wéb-🚢",
        name: record.name,
        sort: "newest",
        cursor: null,
        limit: 1,
      });
      expect(found.items[0]?.task).toEqual(record);
    });
  });

  describe("digests", () => {
    test("come with the state, for live and for ended tasks", async ({ scene }) => {
      const writer = await scene.writer();
      const waiting = task({ digest: "abc" });
      const ended = task({ digest: "", status: status("timed-out") });
      await writer.commit(...submitted(waiting), ...submitted(ended));
      expect(await scene.store.digests(scene.space, [ended.id, "unknown", waiting.id])).toEqual(
        new Map([
          [ended.id, { digest: "", state: "timed-out" }],
          [waiting.id, { digest: "abc", state: "waiting" }],
        ]),
      );
    });

    test("of an id that was unknown before are there once its task is stored", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ digest: "abc" });
      expect(await scene.store.digests(scene.space, [record.id])).toEqual(new Map());
      await writer.commit(...submitted(record));
      const digests = await scene.store.digests(scene.space, [record.id]);
      expect(digests.get(record.id)).toEqual({ digest: "abc", state: "waiting" });
    });

    test("are those of the space", async ({ scene }) => {
      const other = newSpace();
      await (await scene.writer()).commit(...submitted(task({ id: "same", digest: "mine" })));
      await (await scene.writer(other)).commit(...submitted(task({ id: "same", digest: "theirs" })));
      expect((await scene.store.digests(scene.space, ["same"])).get("same")?.digest).toBe("mine");
      expect((await scene.store.digests(other, ["same"])).get("same")?.digest).toBe("theirs");
    });
  });

  describe("the counts of tasks", () => {
    test("follow the states of tasks, and leave out what there is none of", async ({ scene }) => {
      const writer = await scene.writer();
      expect(await scene.store.taskCounts(scene.space)).toEqual({});
      const records = [task(), task(), task(), task({ status: status("canceled") })];
      await writer.commit(...records.flatMap(submitted));
      expect(await scene.store.taskCounts(scene.space)).toEqual({ waiting: 3, canceled: 1 });
      await writer.commit(changed(records[0]!, status("running")), changed(records[1]!, status("parked")));
      expect(await scene.store.taskCounts(scene.space)).toEqual({
        waiting: 1,
        running: 1,
        parked: 1,
        canceled: 1,
      });
      await writer.commit(
        changed(records[0]!, status("succeeded")),
        changed(records[1]!, status("canceled")),
        changed(records[2]!, status("running")),
        changed(records[2]!, status("unavailable")),
      );
      expect(await scene.store.taskCounts(scene.space)).toEqual({
        succeeded: 1,
        canceled: 2,
        unavailable: 1,
      });
    });
  });
}
