// What a task and its legs have beyond the ordinary: most have none of it, and those that have keep all of it.
import type { LegRecord, ParkingRecord, TaskPlan, TaskRecord } from "@berth/engine";
import { describe, expect } from "vitest";
import {
  added,
  changed,
  leg,
  legChanged,
  ordinaryPlan,
  startedAt,
  status,
  stored,
  submitted,
  task,
} from "./records.ts";
import type { ContractTest, Scene } from "./scene.ts";

const plans: Readonly<Record<string, TaskPlan>> = {
  "everything in it": {
    rollout: { type: "rolling", window: 3, failuresMax: 0 },
    semaphores: ["Lizenz für 東京 🚢", "db-primary", ""],
    parent: "parent \u0000\u2028'\"",
    supersedes: "Täglich 🌙",
    slotScope: "step",
    steps: [
      { name: "Räume auf\n", awaitsChildren: false, onChildFailure: "fail" },
      { name: "待つ 👩‍👩‍👧", awaitsChildren: true, onChildFailure: "continue" },
    ],
    spreadMs: 90_000,
  },
  "nothing but a start together": { ...ordinaryPlan, rollout: { type: "together" } },
  "nothing out of the ordinary": ordinaryPlan,
};

const parkings: Readonly<Record<string, ParkingRecord>> = {
  "its failures": {
    for: "failures",
    fingerprint: "TypeError|at Hafen (größe.ts)",
    versions: ["1.0.0", "1.0.1-β"],
    token: null,
  },
  "a decision": { for: "decision", fingerprint: "", versions: [], token: `${startedAt}.9` },
};

async function readBack(scene: Scene, record: TaskRecord) {
  const { tasks, legs } = await scene.store.load(scene.space);
  const page = await scene.store.tasks(scene.space, { sort: "newest", cursor: null, limit: 1 });
  return {
    task: await scene.store.task(scene.space, record.id),
    listed: page.items[0],
    loaded: { task: tasks[0], legs },
  };
}

/** The task as each way of reading it brings it. */
function everywhere(record: TaskRecord, legs: readonly LegRecord[]) {
  return { task: { task: record, legs }, listed: { task: record, legs }, loaded: { task: record, legs } };
}

export function plansContract(test: ContractTest): void {
  describe("a task", () => {
    for (const [what, plan] of Object.entries(plans)) {
      for (const schedule of [null, "Nächtlich 🌙"]) {
        const by = schedule === null ? "" : ", of a schedule,";
        test(`with a plan with ${what}${by} is read as it was written`, async ({ scene }) => {
          const record = task({ plan, schedule });
          await (await scene.writer()).commit(...submitted(record));
          expect(await readBack(scene, record)).toEqual(everywhere(record, [leg(record)]));
        });
      }
    }

    test("of a schedule, without a plan, is read as it was written", async ({ scene }) => {
      const record = task({ schedule: "nightly" });
      await (await scene.writer()).commit(...submitted(record));
      expect(await readBack(scene, record)).toEqual(everywhere(record, [leg(record)]));
    });

    test("keeps its plan while it changes, when it is written back, and when it has ended", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const record = task({ plan: plans["everything in it"]!, schedule: "nightly" });
      await writer.commit(...submitted(record));
      await writer.commit(changed(record, status("running")), legChanged(leg(record, { state: "running" })));
      await writer.commit(...submitted({ ...record, status: status("running") }));
      await writer.commit(changed(record, status("failed")));
      const found = await scene.store.task(scene.space, record.id);
      expect(found?.task).toEqual({ ...record, status: status("failed") });
    });

    childrenFailed(test);
  });

  legs(test);
}

function childrenFailed(test: ContractTest): void {
  for (const targets of [["web-1"], ["web-1", "web-2"]]) {
    test(`on ${targets.length} targets has as many failed children as it was written with last`, async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const record = task({ targets, status: status("waiting", { childrenFailed: 1 }) });
      await writer.commit(...submitted(record));
      expect(await scene.store.task(scene.space, record.id)).toEqual(stored(record));
      for (const count of [2, 300, 0, 1]) {
        const to = status("waiting", { childrenFailed: count });
        await writer.commit(changed(record, to));
        expect((await scene.store.task(scene.space, record.id))?.task.status).toEqual(to);
        const both = status("running", { childrenFailed: count + 1 });
        await writer.commit(changed(record, both), legChanged(leg(record, { state: "running" })));
        expect((await scene.store.load(scene.space)).tasks[0]?.status).toEqual(both);
        const again = status("waiting", { childrenFailed: count + 2 });
        await writer.commit(added({ ...record, status: again }));
        expect((await scene.store.task(scene.space, record.id))?.task.status).toEqual(again);
      }
    });
  }
}

function legs(test: ContractTest): void {
  describe("a leg", () => {
    for (const [what, parking] of Object.entries(parkings)) {
      test(`that is parked for ${what} is read as it was written`, async ({ scene }) => {
        const record = task({ status: status("parked") });
        const parked = leg(record, { attempt: 5, failures: 5, parking });
        await (await scene.writer()).commit(added(record), legChanged(parked));
        expect(await readBack(scene, record)).toEqual(everywhere(record, [parked]));
      });
    }

    test("goes from step to step, and keeps why it was parked until it is written without", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const record = task({ targets: ["web-1", "web-2"] });
      await writer.commit(...submitted(record));
      const parking = parkings["its failures"]!;
      const forms: readonly Partial<LegRecord>[] = [
        { step: 1 },
        { step: 2, parking, state: "parked" },
        { step: 2, parking },
        { step: 0, parking },
        { step: 40, parking: null },
        { step: 0, parking: null },
      ];
      for (const form of forms) {
        const second = leg(record, { target: "web-2", ...form });
        await writer.commit(legChanged(second));
        const found = await scene.store.task(scene.space, record.id);
        expect(found).toEqual({ task: record, legs: [leg(record), second] });
      }
    });
  });
}
