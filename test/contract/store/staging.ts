import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import {
  changed,
  duration,
  hold,
  leg,
  legChanged,
  line,
  oops,
  payload,
  quarantine,
  schedule,
  session,
  startedAt,
  status,
  stored,
  submitted,
  target,
  task,
  written,
} from "./records.ts";
import type { ContractTest } from "./scene.ts";

export function stagingContract(test: ContractTest): void {
  describe("what is staged", () => {
    test("is neither read nor loaded until a commit takes it up", async ({ scene }) => {
      const writer = await scene.writer();
      const [first, second] = [task(), task()];
      await writer.stage(1, ...submitted(first), payload(first, '"one"'), { type: "oops", oops: oops("o") });
      await writer.stage(2, { type: "target", target: target("web-1") }, ...submitted(second));
      expect(await scene.store.task(scene.space, first.id)).toBeNull();
      expect(await scene.store.payloads(scene.space, [first.id])).toEqual(new Map());
      expect(await scene.store.targets(scene.space)).toEqual([]);
      expect((await scene.store.load(scene.space)).tasks).toEqual([]);
      expect(await scene.store.spaces()).not.toContain(scene.space);
      const outcome = await writer.try({ parts: 2, counters: { order: 7, token: 8 } });
      expect(outcome).toEqual({ type: "committed" });
      expect(await scene.store.task(scene.space, first.id)).toEqual(stored(first));
      expect(await scene.store.task(scene.space, second.id)).toEqual(stored(second));
      expect(await scene.store.payloads(scene.space, [first.id])).toEqual(new Map([[first.id, '"one"']]));
      expect(await scene.store.load(scene.space)).toMatchObject({
        targets: [target("web-1")],
        counters: { order: 7, token: 8 },
      });
      expect((await scene.store.oops(scene.space, { cursor: null, limit: 9 })).items).toHaveLength(1);
    });

    test("stays out of the commits that do not take it up", async ({ scene }) => {
      const writer = await scene.writer();
      const [staged, other] = [task(), task()];
      await writer.stage(1, ...submitted(staged));
      await writer.commit(...submitted(other));
      expect(await scene.store.task(scene.space, staged.id)).toBeNull();
      expect(await writer.try({ parts: 1 })).toEqual({ type: "committed" });
      expect(await scene.store.task(scene.space, staged.id)).toEqual(stored(staged));
    });

    test("takes effect in the order of its parts, and before the changes of the commit", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const record = task({ targets: ["web-1", "web-2"] });
      await writer.stage(1, ...submitted(record), payload(record, "1"));
      await writer.stage(2, changed(record, status("running")), payload(record, "2"));
      const changes = [changed(record, status("failed")), payload(record, "3")];
      expect(await writer.try({ parts: 2, changes })).toEqual({ type: "committed" });
      expect((await scene.store.task(scene.space, record.id))?.task.status).toEqual(status("failed"));
      expect(await scene.store.payloads(scene.space, [record.id])).toEqual(new Map([[record.id, "3"]]));
      expect(await scene.store.taskCounts(scene.space)).toEqual({ failed: 1 });
    });

    test("replaces live tasks, adds those that are not there, and ends what it says has ended", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const [moved, over, added] = [task(), task(), task()];
      await writer.commit(...submitted(moved), payload(moved, '"kept"'), ...submitted(over));
      const running = { ...moved, status: status("running", { startedAt }) };
      await writer.stage(1, ...submitted(running), ...submitted(added));
      await writer.stage(
        2,
        changed(over, status("failed")),
        legChanged(leg({ ...over, status: status("failed") }, { reason: "its result is lost" })),
      );
      expect(await writer.try({ parts: 2 })).toEqual({ type: "committed" });
      const { tasks } = await scene.store.load(scene.space);
      expect(tasks).toHaveLength(2);
      expect(tasks).toEqual(expect.arrayContaining([running, added]));
      expect(await scene.store.taskCounts(scene.space)).toEqual({ running: 1, waiting: 1, failed: 1 });
      expect(await scene.store.payloads(scene.space, [moved.id])).toEqual(new Map([[moved.id, '"kept"']]));
      expect((await scene.store.task(scene.space, over.id))?.legs[0]?.reason).toBe("its result is lost");
      const page = await scene.store.tasks(scene.space, {
        ...{ target: "web-1", sort: "oldest", cursor: null, limit: 9 },
      });
      expect(page.items.map((item) => item.task.id)).toEqual([moved.id, over.id, added.id]);
    });

    test("is all there is of the small sets and of durations; all else stays", async ({ scene }) => {
      const writer = await scene.writer();
      const ended = task({ status: status("succeeded") });
      await writer.commit(...submitted(ended), payload(ended, '"p"'), written(line(ended, 1)));
      await writer.commit(
        { type: "target", target: target("gone") },
        { type: "session", session: session("gone") },
        { type: "hold", hold: hold("gone") },
        { type: "quarantine", quarantine: quarantine("1.1") },
        { type: "semaphore", semaphore: { id: "gone", limit: 1 } },
        { type: "schedule", schedule: schedule("gone") },
        { type: "duration", duration: duration("gone") },
        { type: "oops", oops: oops("kept") },
      );
      await writer.stage(1, { type: "session", session: session("b") }, { type: "hold", hold: hold("h") });
      await writer.stage(
        2,
        { type: "session", session: session("a") },
        { type: "schedule", schedule: schedule("nightly") },
        { type: "duration", duration: duration("web-1") },
      );
      const changes = [{ type: "target", target: target("web-1") } as const];
      expect(await writer.try({ parts: 2, changes })).toEqual({ type: "committed" });
      expect(await scene.store.targets(scene.space)).toEqual([target("web-1")]);
      expect(await scene.store.sessions(scene.space)).toEqual([session("b"), session("a")]);
      expect(await scene.store.holds(scene.space)).toEqual([hold("h")]);
      expect(await scene.store.quarantines(scene.space)).toEqual([]);
      expect(await scene.store.semaphores(scene.space)).toEqual([]);
      expect(await scene.store.schedules(scene.space)).toEqual([schedule("nightly")]);
      expect((await scene.store.load(scene.space)).durations).toEqual([duration("web-1")]);
      expect(await scene.store.task(scene.space, ended.id)).toEqual(stored(ended));
      expect(await scene.store.payloads(scene.space, [ended.id])).toEqual(new Map([[ended.id, '"p"']]));
      expect((await scene.store.log(scene.space, ended.id, { after: 0, limit: 9 })).lines).toHaveLength(1);
      expect((await scene.store.oops(scene.space, { cursor: null, limit: 9 })).items).toHaveLength(1);
    });

    test("brings the history along that the store may have lost", async ({ scene }) => {
      const writer = await scene.writer();
      const { owner, epoch } = writer;
      await writer.stage(1);
      const epochsBefore = [
        { epoch: 5, owner: "before", sequence: 0 },
        { epoch: 7, owner: "later", sequence: 40 },
      ];
      expect(await writer.try({ parts: 1, epochsBefore })).toEqual({ type: "committed" });
      expect(await scene.store.history(scene.space)).toMatchObject({
        sequence: 1,
        epochs: [...epochsBefore, { epoch, owner, sequence: 0 }],
      });
      const next = await scene.store.acquire({ space: scene.space, owner, at: startedAt, leaseMs: 1000 });
      expect((await scene.store.history(scene.space)).epochs.at(-1)?.epoch).toBe(next?.epoch);
      expect((await scene.store.history(scene.space)).epochs).toHaveLength(4);
    });

    test("is counted as one commit, and used up by it", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      await writer.stage(1);
      expect(await writer.try({ parts: 1 })).toEqual({ type: "committed" });
      expect(await writer.try({ sequence: 2 })).toEqual({ type: "out-of-sequence", stored: 2 });
      expect(await writer.try({ parts: 1 })).toEqual({ type: "parts-missing", staged: 0 });
    });
  });

  refusals(test);
}

function refusals(test: ContractTest): void {
  describe("staging", () => {
    test("begins anew with part 1, and takes the parts in order", async ({ scene }) => {
      const writer = await scene.writer();
      const [first, second] = [task(), task()];
      expect(await writer.tryStage({ part: 2 })).toEqual({ type: "out-of-sequence", stored: 0 });
      await writer.stage(1, ...submitted(first));
      await writer.stage(2);
      expect(await writer.tryStage({ part: 2 })).toEqual({ type: "out-of-sequence", stored: 2 });
      expect(await writer.tryStage({ part: 4 })).toEqual({ type: "out-of-sequence", stored: 2 });
      await writer.stage(1, ...submitted(second));
      expect(await writer.try({ parts: 1 })).toEqual({ type: "committed" });
      expect(await scene.store.task(scene.space, first.id)).toBeNull();
      expect(await scene.store.task(scene.space, second.id)).toEqual(stored(second));
    });

    test("is undone by a new epoch, so that nobody takes a part of it for the whole", async ({ scene }) => {
      const first = await scene.writer();
      const [kept, staged] = [task(), task()];
      await first.commit(...submitted(kept));
      await first.stage(1, ...submitted(staged));
      await scene.store.release(first);
      const second = await scene.writer();
      expect((await scene.store.load(scene.space)).tasks).toEqual([kept]);
      expect(await second.try({ parts: 1 })).toEqual({ type: "parts-missing", staged: 0 });
      expect(await second.tryStage({ part: 2 })).toEqual({ type: "out-of-sequence", stored: 0 });
      expect(await scene.store.task(scene.space, staged.id)).toBeNull();
    });

    test("is refused to who does not own the space in this epoch", async ({ scene }) => {
      const writer = await scene.writer();
      const { epoch } = writer;
      expect(await writer.tryStage({ owner: randomUUID() })).toEqual({ type: "deposed", epoch });
      expect(await writer.tryStage({ epoch: epoch - 1 })).toEqual({ type: "deposed", epoch });
      expect(await writer.tryStage({ space: `${scene.space}-2` })).toEqual({ type: "deposed", epoch: 0 });
      await writer.stage(1);
      expect(await writer.try({ owner: randomUUID(), parts: 1 })).toEqual({ type: "deposed", epoch });
    });
  });

  describe("a commit that takes up staged parts", () => {
    test("is refused where there are more or fewer, and nothing of it is written", async ({ scene }) => {
      const writer = await scene.writer();
      const [staged, own] = [task(), task()];
      await writer.stage(1, ...submitted(staged));
      await writer.stage(2);
      for (const parts of [1, 3]) {
        const outcome = await writer.try({ parts, changes: submitted(own) });
        expect(outcome).toEqual({ type: "parts-missing", staged: 2 });
      }
      expect(await scene.store.task(scene.space, staged.id)).toBeNull();
      expect(await scene.store.task(scene.space, own.id)).toBeNull();
      expect(await writer.try({ parts: 2, sequence: 9 })).toEqual({ type: "out-of-sequence", stored: 0 });
      expect(await writer.try({ parts: 2 })).toEqual({ type: "committed" });
    });

    test("is invalid where a part of it is, and nothing of any part is written", async ({ scene }) => {
      const writer = await scene.writer();
      const [ended, good] = [task({ status: status("succeeded") }), task()];
      await writer.commit(...submitted(ended), { type: "target", target: target("web-1") });
      const parts = [submitted(good), submitted({ ...ended, status: status("waiting") }), submitted(task())];
      const attempt = (async () => {
        for (const [index, changes] of parts.entries()) await writer.tryStage({ part: index + 1, changes });
        return writer.try({ parts: parts.length });
      })();
      await expect(attempt).rejects.toMatchObject({ code: "commit_invalid" });
      expect(await scene.store.task(scene.space, good.id)).toBeNull();
      expect(await scene.store.targets(scene.space)).toHaveLength(1);
      expect((await scene.store.task(scene.space, ended.id))?.task).toEqual(ended);
      // The space goes on, and what was refused can be added after all.
      await writer.commit(...submitted(good));
      expect(await scene.store.task(scene.space, good.id)).toEqual(stored(good));
    });

    test("can be of many parts", async ({ scene }) => {
      const writer = await scene.writer();
      const records = Array.from({ length: 40 }, (_, order) => task({ order, name: "many" }));
      for (const [index, record] of records.entries()) await writer.stage(index + 1, ...submitted(record));
      expect(await writer.try({ parts: records.length })).toEqual({ type: "committed" });
      const page = await scene.store.tasks(scene.space, {
        ...{ name: "many", sort: "oldest", cursor: null, limit: 100 },
      });
      expect(page.items.map((item) => item.task)).toEqual(records);
    });
  });
}
