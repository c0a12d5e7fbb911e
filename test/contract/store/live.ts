import type { DurationRecord } from "@berth/engine";
import type { StoreChange } from "@berth/store";
import { describe, expect } from "vitest";
import {
  added,
  changed,
  duration,
  hold,
  leg,
  legChanged,
  quarantine,
  schedule,
  session,
  status,
  submitted,
  target,
  task,
} from "./records.ts";
import { type ContractTest, newSpace } from "./scene.ts";

export function liveContract(test: ContractTest): void {
  describe("load", () => {
    test("an unknown space is empty", async ({ scene }) => {
      expect(await scene.store.load(newSpace())).toEqual({
        tasks: [],
        legs: [],
        targets: [],
        sessions: [],
        holds: [],
        quarantines: [],
        semaphores: [],
        schedules: [],
        durations: [],
        counters: { order: 0, token: 0 },
      });
    });

    test("brings tasks in every live state, and none that has ended", async ({ scene }) => {
      const writer = await scene.writer();
      const live = (["waiting", "granted", "running", "cancelling", "parked"] as const).map((state) =>
        task({ id: state, status: status(state) }),
      );
      const ended = (["succeeded", "failed", "canceled", "timed-out", "unavailable"] as const).map((state) =>
        task({ id: state, status: status(state) }),
      );
      await writer.commit(...[...live, ...ended].flatMap(submitted));
      const { tasks, legs } = await scene.store.load(scene.space);
      expect(tasks.toSorted(byId)).toEqual(live.toSorted(byId));
      expect(legs.toSorted(byId)).toEqual(live.map((record) => leg(record)).toSorted(byId));
    });

    test("leaves out a task as soon as it ends", async ({ scene }) => {
      const writer = await scene.writer();
      const [first, second] = [task(), task()];
      await writer.commit(...submitted(first), ...submitted(second));
      const endedLeg = leg(first, { state: "failed", endedAt: 1 });
      await writer.commit(changed(first, status("failed")), legChanged(endedLeg));
      const { tasks, legs } = await scene.store.load(scene.space);
      expect(tasks).toEqual([second]);
      expect(legs).toEqual([leg(second)]);
    });

    test("brings the ended legs of a task that goes on", async ({ scene }) => {
      const writer = await scene.writer();
      const record = task({ targets: ["web-1", "web-2"], status: status("running") });
      const first = leg(record, { target: "web-1", state: "succeeded" });
      const second = leg(record, { target: "web-2", state: "running" });
      await writer.commit(added(record), legChanged(first), legChanged(second));
      const { tasks, legs } = await scene.store.load(scene.space);
      expect(tasks).toEqual([record]);
      expect(legs.toSorted(byId)).toEqual([first, second]);
    });

    test("brings legs that joined another one", async ({ scene }) => {
      const writer = await scene.writer();
      const leader = task({ kind: "health-check", id: "leader" });
      const follower = task({ kind: "health-check", id: "follower" });
      await writer.commit(
        ...submitted(leader),
        added(follower),
        legChanged(leg(follower, { joined: leg(leader).id })),
      );
      const { legs } = await scene.store.load(scene.space);
      expect(legs.find(({ task: id }) => id === "follower")?.joined).toBe("leader.1");
    });

    test("brings all legs of a task that goes on, however many have ended", async ({ scene }) => {
      const writer = await scene.writer();
      const targets = Array.from({ length: 100 }, (_, index) => `web-${index}`);
      const record = task({ targets, status: status("parked") });
      const states = ["succeeded", "failed", "canceled", "timed-out", "unavailable", "parked"] as const;
      const legs = targets.map((target, index) => leg(record, { target, state: states[index % 6]! }));
      await writer.commit(added(record), ...legs.map(legChanged));
      await writer.commit(...submitted(task({ targets, status: status("failed") })));
      const loaded = (await scene.store.load(scene.space)).legs;
      expect(loaded.toSorted(byId)).toEqual(legs.toSorted(byId));
    });

    test("brings targets, sessions, holds and all other small things as they are listed", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "target", target: target("web-2") },
        { type: "target", target: target("web-1", { tags: ["shop"] }) },
        { type: "session", session: session("z", { draining: true }) },
        { type: "session", session: session("a") },
        { type: "hold", hold: hold("night", { until: 7 }) },
        { type: "hold", hold: hold("freeze") },
        { type: "quarantine", quarantine: quarantine("2.1") },
        { type: "semaphore", semaphore: { id: "task-cap", limit: 9 } },
        { type: "semaphore", semaphore: { id: "db", limit: 0 } },
        { type: "schedule", schedule: schedule("nightly") },
        { type: "schedule", schedule: schedule("hourly", { nextAt: null }) },
      );
      expect(await scene.store.load(scene.space)).toMatchObject({
        targets: [target("web-1", { tags: ["shop"] }), target("web-2")],
        sessions: [session("z", { draining: true }), session("a")],
        holds: [hold("night", { until: 7 }), hold("freeze")],
        quarantines: [quarantine("2.1")],
        semaphores: [
          { id: "db", limit: 0 },
          { id: "task-cap", limit: 9 },
        ],
        schedules: [schedule("hourly", { nextAt: null }), schedule("nightly")],
      });
    });

    durations(test);

    test("brings the counters of the last commit", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.try({ counters: { order: 7, token: 9 } });
      await writer.try({ counters: { order: 8, token: 2 ** 40 } });
      expect((await scene.store.load(scene.space)).counters).toEqual({ order: 8, token: 2 ** 40 });
    });

    test("brings everything of a space that is larger than any step of it", async ({ scene }) => {
      const writer = await scene.writer();
      const records = Array.from({ length: 12_000 }, (_, index) =>
        task({
          id: `task-${index}`,
          targets: [`web-${index % 100}`],
          status: status(index % 3 ? "waiting" : "running"),
        }),
      );
      for (let start = 0; start < records.length; start += 1000) {
        await writer.commit(...records.slice(start, start + 1000).flatMap(submitted));
      }
      const { tasks, legs } = await scene.store.load(scene.space);
      expect(tasks.toSorted(byId)).toEqual(records.toSorted(byId));
      expect(new Set(legs.map(({ id }) => id)).size).toBe(records.length);
    });
  });
}

function durations(test: ContractTest): void {
  test("brings durations as they were written last, and none that was removed", async ({ scene }) => {
    const writer = await scene.writer();
    const [shop, check] = [duration("web-1"), duration("web-1", { kind: "health-check", name: "Läuft 🚢?" })];
    const second = duration("web-1", { step: 1, seconds: [1, 20_000, 3] });
    await writer.commit(...[shop, check, second].map(learned));
    await writer.commit(
      learned({ ...shop, seconds: [3, 4] }),
      { type: "duration.removed", id: check.id },
      { type: "duration.removed", id: "never-there" },
    );
    const loaded = (await scene.store.load(scene.space)).durations;
    expect(loaded.toSorted(byId)).toEqual([{ ...shop, seconds: [3, 4] }, second]);
  });

  test("brings durations of many targets and tasks, however many there are", async ({ scene }) => {
    const writer = await scene.writer();
    const all = Array.from({ length: 12_000 }, (_, index) =>
      duration(`web-${index % 3000}`, { step: Math.floor(index / 3000), seconds: [index, 7] }),
    );
    for (let start = 0; start < all.length; start += 1000) {
      await writer.commit(...all.slice(start, start + 1000).map(learned));
    }
    const [gone, kept] = [true, false].map((isGone) =>
      all.filter((_, index) => (index % 7 === 0) === isGone),
    );
    await writer.commit(...gone!.map(({ id }) => ({ type: "duration.removed", id }) as const));
    const loaded = (await scene.store.load(scene.space)).durations;
    expect(loaded).toHaveLength(kept!.length);
    expect(loaded.toSorted(byId)).toEqual(kept!.toSorted(byId));
  });

  test("brings the durations of its own space only", async ({ scene }) => {
    const other = newSpace();
    await (await scene.writer()).commit(learned(duration("web-1")));
    await (await scene.writer(other)).commit(learned(duration("web-1", { seconds: [99] })));
    expect((await scene.store.load(other)).durations).toEqual([duration("web-1", { seconds: [99] })]);
  });
}

function learned(record: DurationRecord): StoreChange {
  return { type: "duration", duration: record };
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
