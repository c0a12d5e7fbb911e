import { randomUUID } from "node:crypto";
import type { StoreChange } from "@berth/store";
import { describe, expect } from "vitest";
import { added, changed, leg, legChanged, payload, startedAt, status, submitted, task } from "./records.ts";
import { type ContractTest, newSpace, rejection, type Scene } from "./scene.ts";

export function commitsContract(test: ContractTest): void {
  describe("a commit", () => {
    test("is taken from the owner of the space, in its epoch, when it is the next one", async ({ scene }) => {
      const writer = await scene.writer();
      expect(await writer.try({ changes: [added(task())] })).toEqual({ type: "committed" });
      expect(await writer.try({ changes: [added(task())] })).toEqual({ type: "committed" });
    });

    test("may be empty, and counts all the same", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      const again = await scene.store.commit(writer.next({ sequence: 1 }));
      expect(again).toEqual({ type: "out-of-sequence", stored: 1 });
    });

    test("is taken after the lease has ended, as long as nobody else took the space", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      expect(await writer.try({ at: startedAt + 3_600_000 })).toEqual({ type: "committed" });
    });
  });

  fencing(test);
  sequences(test);
  invalidity(test);
}

async function expectNothingWritten(scene: Scene, id: string): Promise<void> {
  expect(await scene.store.task(scene.space, id)).toBeNull();
}

function fencing(test: ContractTest): void {
  describe("a commit by who does not own the space", () => {
    test("is refused when the owner is another one", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      const outcome = await writer.try({ owner: randomUUID(), changes: [added(record)] });
      expect(outcome).toEqual({ type: "deposed", epoch: writer.epoch });
      await expectNothingWritten(scene, record.id);
    });

    test("is refused when the epoch is another one", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      for (const epoch of [writer.epoch - 1, writer.epoch + 1]) {
        const outcome = await writer.try({ epoch, changes: [added(record)] });
        expect(outcome).toEqual({ type: "deposed", epoch: writer.epoch });
      }
      await expectNothingWritten(scene, record.id);
    });

    test("is refused once another owner took over, who goes on undisturbed", async ({ scene }) => {
      const first = await scene.writer();
      await first.commit();
      await scene.store.release(first);
      const second = await scene.writer();
      expect(await first.try({})).toEqual({ type: "deposed", epoch: second.epoch });
      await second.commit(added(task()));
      expect(second.sequence).toBe(2);
    });

    test("is refused after the release", async ({ scene }) => {
      const writer = await scene.writer();
      await scene.store.release(writer);
      expect(await writer.try({})).toEqual({ type: "deposed", epoch: writer.epoch });
    });

    test("is refused when it is of an older epoch of the same owner", async ({ scene }) => {
      const writer = await scene.writer();
      const { space, owner } = writer;
      const again = await scene.store.acquire({ space, owner, at: startedAt, leaseMs: 1000 });
      expect(await writer.try({})).toEqual({ type: "deposed", epoch: again?.epoch });
    });

    test("is told that the store knows no epoch where it has lost everything", async ({ scene }) => {
      const writer = await scene.writer();
      expect(await writer.try({ space: newSpace() })).toEqual({ type: "deposed", epoch: 0 });
    });

    test("is told so before its sequence and its changes are looked at", async ({ scene }) => {
      const writer = await scene.writer();
      const changes = [changed(task(), status("running"))];
      const outcome = await writer.try({ owner: randomUUID(), sequence: 77, changes });
      expect(outcome.type).toBe("deposed");
    });
  });
}

function sequences(test: ContractTest): void {
  describe("a commit out of sequence", () => {
    test("is refused when it is there already, and tells so", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      const commit = writer.next({ changes: submitted(record) });
      expect(await scene.store.commit(commit)).toEqual({ type: "committed" });
      expect(await scene.store.commit(commit)).toEqual({ type: "out-of-sequence", stored: 1 });
    });

    test("is refused when it is ahead, because the store lost commits", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      const record = task();
      const outcome = await writer.try({ sequence: 5, changes: [added(record)] });
      expect(outcome).toEqual({ type: "out-of-sequence", stored: 1 });
      await expectNothingWritten(scene, record.id);
    });

    test("is refused when it is behind", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit();
      await writer.commit();
      expect(await writer.try({ sequence: 1 })).toEqual({ type: "out-of-sequence", stored: 2 });
    });

    test("is told so before its changes are looked at", async ({ scene }) => {
      const writer = await scene.writer();
      const changes = [changed(task(), status("running"))];
      expect(await writer.try({ sequence: 5, changes })).toEqual({ type: "out-of-sequence", stored: 0 });
    });

    test("is none when commits are sent one behind the other without waiting", async ({ scene }) => {
      const writer = await scene.writer();
      const outcomes = await Promise.all(
        [1, 2, 3, 4, 5].map((sequence) => scene.store.commit(writer.next({ sequence }))),
      );
      expect(outcomes.map(({ type }) => type)).toEqual(Array(5).fill("committed"));
    });
  });
}

function invalidity(test: ContractTest): void {
  const stranger = task({ id: "nobody-stored-this" });
  const cases: Readonly<Record<string, StoreChange>> = {
    "changes a task that is not stored": changed(stranger, status("running")),
    "has a leg of a task that is not stored": legChanged(leg(stranger)),
    "has a payload of a task that is not stored": payload(stranger, "{}"),
  };
  const ended = task({ id: "ended", status: status("failed") });
  const several = task({ id: "several", targets: ["web-1", "web-2"] });
  const casesOfStored: Readonly<Record<string, StoreChange>> = {
    "changes the state of a task that has ended": changed(ended, status("succeeded")),
    "adds a task that has ended": added({ ...ended, status: status("waiting") }),
    "has a leg on a target that its task does not name": legChanged(leg(several, { target: "web-3" })),
    "has a leg on another target than the only one of its task": legChanged(leg(ended, { target: "web-3" })),
  };

  describe("a commit that", () => {
    for (const [what, change] of Object.entries({ ...cases, ...casesOfStored })) {
      test(`${what} is refused, and nothing of it is written`, async ({ scene }) => {
        const writer = await scene.writer();
        await writer.commit(...submitted(ended), ...submitted(several));
        const good = task();
        const changes = [...submitted(good), payload(good, "{}"), change, ...submitted(task())];
        const message = await rejection(writer.try({ changes }), "commit_invalid");
        expect(message).toMatch(/nobody-stored-this|ended|several/);
        await expectNothingWritten(scene, good.id);
        expect(await scene.store.payloads(scene.space, [good.id])).toEqual(new Map());
        expect((await scene.store.task(scene.space, ended.id))?.task).toEqual(ended);
        expect(await scene.store.taskCounts(scene.space)).toEqual({ waiting: 1, failed: 1 });
        // Its sequence was not used, and what it wanted to add can be added.
        await writer.commit(...submitted(good), changed(good, status("running")));
        expect(writer.sequence).toBe(2);
      });
    }
  });
}
