import type { OopsRecord } from "@berth/engine";
import type { OopsQuery } from "@berth/store";
import { describe, expect } from "vitest";
import { oops, startedAt } from "./records.ts";
import { type ContractTest, newSpace, rejection, type Scene } from "./scene.ts";

const all: OopsQuery = { cursor: null, limit: 100 };

async function record(scene: Scene, ...records: readonly OopsRecord[]): Promise<void> {
  const writer = await scene.writer();
  await writer.commit(...records.map((each) => ({ type: "oops", oops: each }) as const));
}

async function ids(scene: Scene, query: Partial<OopsQuery>): Promise<string[]> {
  const page = await scene.store.oops(scene.space, { ...all, ...query });
  return page.items.map(({ id }) => id);
}

export function oopsContract(test: ContractTest): void {
  describe("OOPS", () => {
    test("are read as they were written, with every field", async ({ scene }) => {
      const full = oops("full", {
        text: "at x (y:1:2)\n🚢",
        task: "task-1",
        leg: "task-1.1",
        attempt: 3,
        token: "1.2",
        kind: "job",
        name: "Nightly",
        target: "web-1",
        session: "session-1",
        tentacle: "tentacle-1",
        version: "1.2.3",
        fingerprint: "TypeError|at x",
        grantedAt: 1,
        startedAt: 2,
        consequence: "parked",
      });
      await record(scene, full);
      expect(await scene.store.oops(scene.space, all)).toEqual({ items: [full], next: null });
    });

    test("come newest first, and of the same time the one recorded last", async ({ scene }) => {
      await record(
        scene,
        oops("b", { at: startedAt + 2 }),
        oops("a", { at: startedAt + 1 }),
        oops("d", { at: startedAt + 3 }),
        oops("c", { at: startedAt + 2 }),
      );
      expect(await ids(scene, {})).toEqual(["d", "c", "b", "a"]);
    });

    test("are recorded once under one id, and stay as they were recorded first", async ({ scene }) => {
      await record(scene, oops("a", { value: "first" }), oops("a", { value: "second" }));
      const { items } = await scene.store.oops(scene.space, all);
      expect(items.map(({ value }) => value)).toEqual(["first"]);
    });

    test("are found by fingerprint, and by that with all else", async ({ scene }) => {
      const fingerprint = "TypeError|größe 🚢";
      await record(
        scene,
        oops("a", { at: startedAt + 1, fingerprint, target: "web-1" }),
        oops("b", { at: startedAt + 2, fingerprint: "TypeError", target: "web-1" }),
        oops("c", { at: startedAt + 3, fingerprint, target: "web-2" }),
        oops("d", { at: startedAt + 4 }),
        oops("e", { at: startedAt + 5, fingerprint: "", target: "web-1" }),
      );
      expect(await ids(scene, { fingerprint })).toEqual(["c", "a"]);
      expect(await ids(scene, { fingerprint: "TypeError" })).toEqual(["b"]);
      expect(await ids(scene, { fingerprint: "" })).toEqual(["e"]);
      expect(await ids(scene, { fingerprint: "Type" })).toEqual([]);
      expect(await ids(scene, { fingerprint, target: "web-1" })).toEqual(["a"]);
      expect(await ids(scene, { fingerprint, from: startedAt + 2 })).toEqual(["c"]);
      const [first] = (await scene.store.oops(scene.space, { fingerprint, cursor: null, limit: 1 })).items;
      expect(first?.id).toBe("c");
      const { next } = await scene.store.oops(scene.space, { fingerprint, cursor: null, limit: 1 });
      expect(await ids(scene, { fingerprint, cursor: next })).toEqual(["a"]);
    });

    test("are found by id, task, target and time, and by all of them together", async ({ scene }) => {
      await record(
        scene,
        oops("a", { at: startedAt + 1, task: "task-1", target: "web-1" }),
        oops("b", { at: startedAt + 2, task: "task-1", target: "web-2" }),
        oops("c", { at: startedAt + 3, task: "task-2", target: "web-1" }),
        oops("d", { at: startedAt + 4 }),
      );
      expect(await ids(scene, { id: "c" })).toEqual(["c"]);
      expect(await ids(scene, { id: "unknown" })).toEqual([]);
      expect(await ids(scene, { task: "task-1" })).toEqual(["b", "a"]);
      expect(await ids(scene, { target: "web-1" })).toEqual(["c", "a"]);
      expect(await ids(scene, { from: startedAt + 2 })).toEqual(["d", "c", "b"]);
      expect(await ids(scene, { before: startedAt + 2 })).toEqual(["a"]);
      expect(await ids(scene, { from: startedAt + 2, before: startedAt + 4 })).toEqual(["c", "b"]);
      expect(await ids(scene, { task: "task-1", target: "web-1" })).toEqual(["a"]);
      const both = { id: "c", target: "web-1", task: "task-2", from: startedAt, before: startedAt + 9 };
      expect(await ids(scene, both)).toEqual(["c"]);
      expect(await ids(scene, { ...both, task: "task-1" })).toEqual([]);
    });

    paging(test);

    test("of one space are not in another", async ({ scene }) => {
      await record(scene, oops("a"));
      expect((await scene.store.oops(newSpace(), all)).items).toEqual([]);
    });
  });
}

function paging(test: ContractTest): void {
  test("are read in pages without gaps or repetitions, also while more come", async ({ scene }) => {
    const writer = await scene.writer();
    const at = (number: number): number => startedAt + Math.floor(number / 3);
    for (let number = 0; number < 20; number += 1) {
      await writer.commit({
        type: "oops",
        oops: oops(`oops-${number}`, { at: at(number), target: "web-1" }),
      });
    }
    const read: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await scene.store.oops(scene.space, { target: "web-1", cursor, limit: 6 });
      read.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      await writer.commit({
        type: "oops",
        oops: oops(`late-${read.length}`, { at: at(20), target: "web-1" }),
      });
    } while (cursor !== null);
    expect(read).toEqual(Array.from({ length: 20 }, (_, index) => `oops-${19 - index}`));
  });

  test("refuse a cursor that is none", async ({ scene }) => {
    await record(scene, oops("a"));
    for (const cursor of ["", "x", "1", "newest-1", "-1--1", "1-1-1"]) {
      await rejection(scene.store.oops(scene.space, { ...all, cursor }), "cursor_invalid");
    }
  });
}
