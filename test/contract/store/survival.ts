import { describe, expect, test } from "vitest";
import {
  changed,
  duration,
  hold,
  line,
  oops,
  ordinaryPlan,
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
import { Scene } from "./scene.ts";
import type { StoreSubject } from "./subject.ts";

/** Stores of their own: these tests stop them and open them again. */
export function survivalContract(subject: StoreSubject): void {
  if (!subject.isLasting) {
    test("a store that keeps nothing is empty when it is opened again", async () => {
      const opened = await subject.open();
      const writer = await new Scene(opened.store).writer();
      await writer.commit(...submitted(task()));
      const store = await opened.reopen();
      expect(await store.spaces()).toEqual([]);
      await opened.close();
    });
    return;
  }

  describe("after the store was opened again", () => {
    test("everything is as it was", async () => {
      const opened = await subject.open();
      try {
        const scene = new Scene(opened.store);
        const writer = await scene.writer();
        const plan = { ...ordinaryPlan, parent: "mother" };
        const live = task({ targets: ["web-1", "web-2"], plan, schedule: "nightly" });
        const ended = task();
        await writer.commit(...submitted(live), ...submitted(ended), payload(live, '"ü"'));
        const changes = [changed(ended, status("failed")), written(line(live, 1)), written(line(live, 2))];
        await writer.try({ changes, counters: { order: 4, token: 5 } });
        await writer.commit({ type: "oops", oops: oops("oops-1", { task: ended.id }) });
        await writer.try({ changes: items, counters: { order: 4, token: 6 } });
        const before = await snapshot(new Scene(opened.store), scene.space, [live.id, ended.id]);
        const after = await snapshot(new Scene(await opened.reopen()), scene.space, [live.id, ended.id]);
        expect(after).toEqual(before);
        expect(before.live).toMatchObject({ tasks: [live], counters: { order: 4, token: 6 } });
        expect(before.tasks.items[1]).toEqual(stored(live));
        expect(before.byParent.items).toEqual([stored(live)]);
        expect(before.live.durations).toEqual([duration("web-1")]);
      } finally {
        await opened.close();
      }
    });

    test("a write-back that was broken off has left nothing behind", async () => {
      const opened = await subject.open();
      try {
        const scene = new Scene(opened.store);
        const writer = await scene.writer();
        const [kept, staged] = [task(), task()];
        await writer.commit(...submitted(kept), { type: "target", target: target("web-1") });
        await writer.stage(1, ...submitted(staged));
        const store = await opened.reopen();
        const { tasks, targets } = await store.load(scene.space);
        expect({ tasks, targets }).toEqual({ tasks: [kept], targets: [target("web-1")] });
        const next = { space: scene.space, owner: "next", at: startedAt + 3_600_000, leaseMs: 1000 };
        await store.acquire(next);
        expect((await store.load(scene.space)).tasks).toEqual([kept]);
        expect((await store.history(scene.space)).epochs.at(-1)).toEqual({
          epoch: next.at,
          owner: "next",
          sequence: 1,
        });
      } finally {
        await opened.close();
      }
    });

    test("epochs and sequences go on, and an owner of before is fenced off", async () => {
      const opened = await subject.open();
      try {
        const scene = new Scene(opened.store);
        const before = await scene.writer();
        await before.commit(...submitted(task()));
        await before.commit();
        const store = await opened.reopen();
        const at = startedAt + 3_600_000;
        const ownership = await store.acquire({ space: scene.space, owner: "next", at, leaseMs: 1000 });
        expect(ownership).toEqual({ epoch: at, sequence: 2 });
        const late = await store.commit(before.next({ changes: submitted(task()) }));
        expect(late).toEqual({ type: "deposed", epoch: at });
      } finally {
        await opened.close();
      }
    });
  });
}

const items = [
  { type: "target", target: target("web-2") },
  { type: "target", target: target("web-1", { tags: ["shop"] }) },
  { type: "session", session: session("b") },
  { type: "session", session: session("a") },
  { type: "hold", hold: hold("z") },
  { type: "hold", hold: hold("y") },
  { type: "quarantine", quarantine: quarantine("1.1") },
  { type: "semaphore", semaphore: { id: "db", limit: 2 } },
  { type: "schedule", schedule: schedule("nightly") },
  { type: "duration", duration: duration("web-1") },
] as const;

async function snapshot({ store }: Scene, space: string, ids: readonly string[]) {
  return {
    spaces: (await store.spaces()).filter((name) => name === space),
    live: await store.load(space),
    tasks: await store.tasks(space, { sort: "newest", cursor: null, limit: 10 }),
    byTarget: await store.tasks(space, { target: "web-1", sort: "oldest", cursor: null, limit: 10 }),
    byParent: await store.tasks(space, { parent: "mother", sort: "oldest", cursor: null, limit: 10 }),
    counts: await store.taskCounts(space),
    payloads: await store.payloads(space, ids),
    digests: await store.digests(space, ids),
    logs: await Promise.all(ids.map((id) => store.log(space, id, { after: 0, limit: 10 }))),
    oops: await store.oops(space, { cursor: null, limit: 10 }),
  };
}
