import { describe, expect } from "vitest";
import {
  added,
  changed,
  leg,
  legChanged,
  line,
  payload,
  session,
  startedAt,
  status,
  stored,
  submitted,
  task,
  written,
} from "./records.ts";
import type { ContractTest } from "./scene.ts";

export function changesContract(test: ContractTest): void {
  describe("the changes of a commit", () => {
    test("a task and its leg are read as they were written, with every field", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({
        kind: "health-check",
        name: "Is it up?",
        mutex: "disk",
        order: 17,
        notBefore: startedAt + 1,
        queueExpiresAt: startedAt + 2,
        timeoutMs: 3,
        estimateMs: 4,
        cancelGraceMs: 5,
        status: status("cancelling", { priority: "top", startedAt: startedAt + 6, childrenFailed: 2 }),
      });
      const legRecord = leg(record, {
        mode: "bypass",
        attempt: 3,
        failures: 2,
        token: `${startedAt}.9`,
        session: "session-1",
        readyAt: startedAt + 7,
        grantedAt: startedAt + 8,
        startedAt: startedAt + 9,
        exitCode: 137,
        reason: "it was cancelled by alice",
        cancel: { at: 1, by: "alice", reason: "wrong branch", deadlineAt: 2, endsAs: "canceled" },
        joined: "another-task.1",
      });
      await writer.commit(added(record), legChanged(legRecord));
      expect(await scene.store.task(scene.space, record.id)).toEqual({ task: record, legs: [legRecord] });
    });

    test("a task that changes keeps all but its status", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record));
      const running = status("running", { priority: "high", startedAt: startedAt + 1 });
      await writer.commit(changed(record, running));
      const found = await scene.store.task(scene.space, record.id);
      expect(found).toEqual({ task: { ...record, status: running }, legs: [leg(record)] });
    });

    test("a leg changes without its task, also when that has ended", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      await writer.commit(...submitted(record));
      await writer.commit(legChanged(leg(record, { state: "granted", attempt: 1 })));
      expect((await scene.store.task(scene.space, record.id))?.legs[0]?.attempt).toBe(1);
      const ended = status("succeeded");
      await writer.commit(changed(record, ended), legChanged(leg(record, { state: "succeeded" })));
      await writer.commit(legChanged(leg(record, { state: "succeeded", exitCode: 0 })));
      const found = await scene.store.task(scene.space, record.id);
      expect(found?.task.status).toEqual(ended);
      expect(found?.legs[0]).toMatchObject({ state: "succeeded", exitCode: 0 });
    });

    test("what changes several times in a commit is as it was at the end of it", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task();
      const end = status("succeeded", { startedAt: startedAt + 1 });
      const endedLeg = leg(record, { state: "succeeded", attempt: 1, exitCode: 0 });
      await writer.commit(
        ...submitted(record),
        changed(record, status("granted")),
        legChanged(leg(record, { state: "granted", attempt: 1 })),
        payload(record, '"a payload"'),
        written(line(record, 1)),
        changed(record, status("running")),
        legChanged(leg(record, { state: "running", attempt: 1 })),
        changed(record, end),
        legChanged(endedLeg),
      );
      const found = await scene.store.task(scene.space, record.id);
      expect(found).toEqual({ task: { ...record, status: end }, legs: [endedLeg] });
      expect(await scene.store.taskCounts(scene.space)).toEqual({ succeeded: 1 });
      expect((await scene.store.log(scene.space, record.id, { after: 0, limit: 9 })).lines).toHaveLength(1);
    });

    test("what begins and ends in one commit is not there", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "session", session: session("session-1") },
        { type: "session.ended", id: "session-1" },
        { type: "session.ended", id: "session-2" },
        { type: "session", session: session("session-2") },
      );
      expect(await scene.store.sessions(scene.space)).toEqual([session("session-2")]);
    });

    test("a task can be added that has ended already", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ status: status("failed") });
      await writer.commit(...submitted(record));
      expect(await scene.store.task(scene.space, record.id)).toEqual(stored(record));
      expect((await scene.store.load(scene.space)).tasks).toEqual([]);
    });

    writingBack(test);
    severalTargets(test);
  });
}

function writingBack(test: ContractTest): void {
  test("a live task that is added again is replaced, as when an owner writes its state back", async ({
    scene,
  }) => {
    const writer = await scene.writer();
    const record = task();
    await writer.commit(...submitted(record), payload(record, '"old"'));
    const running = { ...record, status: status("running", { startedAt: startedAt + 5 }) };
    await writer.commit(...submitted(running), payload(record, '"new"'));
    expect(await scene.store.task(scene.space, record.id)).toEqual(stored(running));
    expect(await scene.store.payloads(scene.space, [record.id])).toEqual(new Map([[record.id, '"new"']]));
    expect(await scene.store.taskCounts(scene.space)).toEqual({ running: 1 });
    const page = await scene.store.tasks(scene.space, { sort: "newest", cursor: null, limit: 10 });
    expect(page.items).toHaveLength(1);
  });

  test("a live task that is added again without its leg keeps that", async ({ scene }) => {
    const writer = await scene.writer();
    const record = task();
    await writer.commit(...submitted(record));
    await writer.commit(added(record));
    expect(await scene.store.task(scene.space, record.id)).toEqual(stored(record));
  });
}

function severalTargets(test: ContractTest): void {
  test("a task with several targets has a leg on each, in the order of its targets", async ({ scene }) => {
    const writer = await scene.writer();
    const record = task({ targets: ["web-2", "web-10", "web-1"] });
    await writer.commit(...submitted(record).toReversed().toSorted(addedFirst));
    expect(await scene.store.task(scene.space, record.id)).toEqual(stored(record));
    const running = leg(record, { target: "web-10", state: "running", attempt: 1 });
    await writer.commit(changed(record, status("running")), legChanged(running));
    const found = await scene.store.task(scene.space, record.id);
    expect(found?.task.status.state).toBe("running");
    expect(found?.legs).toEqual([leg(record), running, leg(record, { target: "web-1" })]);
  });

  test("legs of one task may come in several commits", async ({ scene }) => {
    const writer = await scene.writer();
    const record = task({ targets: ["web-1", "web-2"] });
    await writer.commit(added(record), legChanged(leg(record, { target: "web-2" })));
    await writer.commit(legChanged(leg(record, { target: "web-1" })));
    expect(await scene.store.task(scene.space, record.id)).toEqual(stored(record));
  });
}

function addedFirst(one: { readonly type: string }, other: { readonly type: string }): number {
  return Number(other.type === "task.added") - Number(one.type === "task.added");
}
