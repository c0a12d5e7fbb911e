import type { LogPage } from "@berth/store";
import { describe, expect } from "vitest";
import { line, status, submitted, task, written } from "./records.ts";
import { type ContractTest, newSpace } from "./scene.ts";

export function logContract(test: ContractTest): void {
  describe("the log of a task", () => {
    test("has its lines as they were written, with growing positions", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      const lines = [
        line(record, 1),
        line(record, 2, { stream: "stderr", text: "Fehler: 🚢\n\u0000 end" }),
        line(record, 1, { attempt: 2, stream: "berth", text: "" }),
      ];
      await writer.commit(...submitted(record), ...lines.map(written));
      const page = await scene.store.log(scene.space, record.id, { after: 0, limit: 10 });
      expect(page.lines.map(({ position: _, ...rest }) => rest)).toEqual(lines);
      const positions = page.lines.map(({ position }) => position);
      expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      expect(new Set(positions).size).toBe(3);
      expect(positions[0]).toBeGreaterThan(0);
      expect(page.next).toBe(positions.at(-1));
    });

    test("is read page by page, and goes on when lines are written", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record));
      for (let number = 1; number <= 5; number += 1) await writer.commit(written(line(record, number)));
      const read = (after: number): Promise<LogPage> =>
        scene.store.log(scene.space, record.id, { after, limit: 2 });
      const first = await read(0);
      const second = await read(first.next);
      const third = await read(second.next);
      expect([first, second, third].map(numbers)).toEqual([[1, 2], [3, 4], [5]]);
      const none = await read(third.next);
      expect(none).toEqual({ lines: [], next: third.next });
      await writer.commit(written(line(record, 6)));
      expect(numbers(await read(none.next))).toEqual([6]);
    });

    test("has a line once, however often it comes", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record), written(line(record, 1)), written(line(record, 1)));
      await writer.commit(written(line(record, 1, { text: "another text" })), written(line(record, 2)));
      const page = await scene.store.log(scene.space, record.id, { after: 0, limit: 10 });
      expect(page.lines.map(({ text }) => text)).toEqual(["line 1", "line 2"]);
    });

    test("tells lines of the same number apart by attempt and by leg", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ targets: ["web-1", "web-2"] });
      await writer.commit(
        ...submitted(record),
        written(line(record, 1)),
        written(line(record, 1, { attempt: 2 })),
        written(line(record, 1, { leg: `${record.id}.2` })),
      );
      const page = await scene.store.log(scene.space, record.id, { after: 0, limit: 10 });
      expect(page.lines).toHaveLength(3);
    });

    test("loses no line that comes late, and has it where it was written", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record), written(line(record, 1)), written(line(record, 3)));
      await writer.commit(written(line(record, 2)));
      expect(numbers(await scene.store.log(scene.space, record.id, { after: 0, limit: 9 }))).toEqual([
        1, 3, 2,
      ]);
    });

    test("takes lines after the task has ended", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ status: status("succeeded") });
      await writer.commit(...submitted(record));
      await writer.commit(written(line(record, 1)));
      expect(numbers(await scene.store.log(scene.space, record.id, { after: 0, limit: 9 }))).toEqual([1]);
    });

    test("drops a line of a task that is not stored, and takes the rest of the commit", async ({ scene }) => {
      const writer = await scene.writer();
      const [record, stranger] = [task(), task()];
      await writer.commit(...submitted(record), written(line(stranger, 1)), written(line(record, 1)));
      expect(numbers(await scene.store.log(scene.space, stranger.id, { after: 0, limit: 9 }))).toEqual([]);
      expect(numbers(await scene.store.log(scene.space, record.id, { after: 0, limit: 9 }))).toEqual([1]);
    });

    test("is empty where there is no task", async ({ scene }) => {
      const page = await scene.store.log(newSpace(), "unknown", { after: 7, limit: 9 });
      expect(page).toEqual({ lines: [], next: 7 });
    });

    test("is that of the task, and of the space", async ({ scene }) => {
      const other = newSpace();
      const record = task();
      const neighbour = task();
      await (await scene.writer()).commit(
        ...submitted(record),
        ...submitted(neighbour),
        written(line(record, 1)),
        written(line(neighbour, 2)),
      );
      await (await scene.writer(other)).commit(...submitted(record), written(line(record, 3)));
      const query = { after: 0, limit: 9 };
      expect(numbers(await scene.store.log(scene.space, record.id, query))).toEqual([1]);
      expect(numbers(await scene.store.log(scene.space, neighbour.id, query))).toEqual([2]);
      expect(numbers(await scene.store.log(other, record.id, query))).toEqual([3]);
    });
  });
}

function numbers(page: LogPage): number[] {
  return page.lines.map(({ number }) => number);
}
