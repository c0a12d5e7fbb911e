import { describe, expect, test } from "vitest";
import { added, task } from "./records.ts";
import { newSpace, rejection, Scene } from "./scene.ts";
import type { OpenStore, StoreSubject } from "./subject.ts";

/** Stores of their own: these tests stop them. */
export function lifecycleContract(subject: StoreSubject): void {
  describe("start and stop", () => {
    test("a store that is started again goes on", async () => {
      await withStore(subject, async ({ store }) => {
        await Promise.all([store.start(), store.start()]);
        expect(await store.spaces()).toEqual([]);
      });
    });

    test("a store can be stopped twice, also at the same time", async () => {
      await withStore(subject, async ({ store }) => {
        await Promise.all([store.stop(), store.stop()]);
        await store.stop();
      });
    });

    test("what is asked for after the stop is refused", async () => {
      await withStore(subject, async ({ store }) => {
        await store.stop();
        await rejection(store.spaces(), "store_unreachable");
        await rejection(store.task(newSpace(), "task-1"), "store_unreachable");
        await rejection(
          store.acquire({ space: newSpace(), owner: "a", at: 1, leaseMs: 1 }),
          "store_unreachable",
        );
      });
    });

    test("what was asked for before the stop is answered", async () => {
      await withStore(subject, async ({ store }) => {
        const scene = new Scene(store);
        const writer = await scene.writer();
        const record = task();
        const answers = Promise.all([
          store.commit(writer.next({ changes: [added(record)] })),
          store.task(scene.space, record.id),
          store.load(scene.space),
          store.tasks(scene.space, { sort: "newest", cursor: null, limit: 10 }),
        ]);
        await store.stop();
        const [outcome, found, live, page] = await answers;
        expect(outcome).toEqual({ type: "committed" });
        expect(found?.task).toEqual(record);
        expect(live.tasks).toEqual([record]);
        expect(page.items).toHaveLength(1);
      });
    });
  });
}

async function withStore(subject: StoreSubject, work: (opened: OpenStore) => Promise<void>): Promise<void> {
  const opened = await subject.open();
  try {
    await work(opened);
  } finally {
    await opened.close();
  }
}
