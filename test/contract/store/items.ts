import { describe, expect } from "vitest";
import { hold, ordinaryPlan, quarantine, schedule, session, startedAt, target } from "./records.ts";
import { type ContractTest, newSpace } from "./scene.ts";

export function itemsContract(test: ContractTest): void {
  describe("the small sets of a space", () => {
    test("targets are listed in the order of their ids, and changed and removed", async ({ scene }) => {
      const writer = await scene.writer();
      for (const id of ["web-2", "Web-3", "web-10", "ärger", "web-1"]) {
        await writer.commit({ type: "target", target: target(id) });
      }
      const changedTarget = target("web-10", { policy: { modes: { runbook: "shared" } }, tags: ["a", "b"] });
      await writer.commit(
        { type: "target", target: changedTarget },
        { type: "target.removed", id: "web-2" },
        { type: "target.removed", id: "never-there" },
      );
      const targets = await scene.store.targets(scene.space);
      expect(targets).toEqual([target("Web-3"), target("web-1"), changedTarget, target("ärger")]);
    });

    test("sessions are listed in the order in which they were opened, whatever changes later", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "session", session: session("c") },
        { type: "session", session: session("a") },
        { type: "session", session: session("b") },
      );
      await writer.commit(
        { type: "session", session: session("c", { draining: true }) },
        { type: "session.ended", id: "a" },
      );
      const sessions = await scene.store.sessions(scene.space);
      expect(sessions).toEqual([session("c", { draining: true }), session("b")]);
    });

    test("holds are listed in the order in which they were placed, and lifted one by one", async ({
      scene,
    }) => {
      const writer = await scene.writer();
      const scope = { kinds: ["deploy" as const], names: ["x"], targets: ["web-1"], tags: ["shop"] };
      await writer.commit(
        { type: "hold", hold: hold("second", { scope, until: startedAt + 5, longerThanMs: 60_000 }) },
        { type: "hold", hold: hold("first") },
        { type: "hold", hold: hold("third") },
      );
      await writer.commit({ type: "hold.ended", id: "first" }, { type: "hold.ended", id: "unknown" });
      const holds = await scene.store.holds(scene.space);
      expect(holds).toEqual([
        hold("second", { scope, until: startedAt + 5, longerThanMs: 60_000 }),
        hold("third"),
      ]);
    });

    test("one slot may have several quarantines, which end one by one", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "quarantine", quarantine: quarantine("9.1") },
        { type: "quarantine", quarantine: quarantine("3.2") },
        { type: "quarantine", quarantine: quarantine("3.2", { mutex: "disk" }) },
      );
      await writer.commit({ type: "quarantine.ended", target: "web-1", mutex: "script", token: "9.1" });
      await writer.commit({ type: "quarantine.ended", target: "web-1", mutex: "script", token: "7.7" });
      const quarantines = await scene.store.quarantines(scene.space);
      expect(quarantines).toEqual([quarantine("3.2"), quarantine("3.2", { mutex: "disk" })]);
    });

    semaphoresAndSchedules(test);

    test("one name may be that of a target, a session and a hold", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "target", target: target("x") },
        { type: "session", session: session("x") },
        { type: "hold", hold: hold("x") },
        { type: "semaphore", semaphore: { id: "x", limit: 2 } },
        { type: "schedule", schedule: schedule("x") },
      );
      await writer.commit({ type: "session.ended", id: "x" }, { type: "schedule.removed", id: "x" });
      expect(await scene.store.targets(scene.space)).toHaveLength(1);
      expect(await scene.store.holds(scene.space)).toHaveLength(1);
      expect(await scene.store.semaphores(scene.space)).toHaveLength(1);
      expect(await scene.store.schedules(scene.space)).toEqual([]);
    });
  });

  describe("spaces", () => {
    test("lists what was ever committed to, in order", async ({ scene }) => {
      const names = ["b", "B", "a"].map((letter) => `${scene.space}-${letter}`);
      for (const name of names) await (await scene.writer(name)).commit();
      const listed = (await scene.store.spaces()).filter((name) => name.startsWith(`${scene.space}-`));
      expect(listed).toEqual([`${scene.space}-B`, `${scene.space}-a`, `${scene.space}-b`]);
    });

    test("leaves out a space that has an owner and nothing else", async ({ scene }) => {
      await scene.writer();
      expect(await scene.store.spaces()).not.toContain(scene.space);
    });

    test("what is in one space is not in another, also under the same ids", async ({ scene }) => {
      const other = newSpace();
      const [mine, theirs] = [await scene.writer(), await scene.writer(other)];
      await mine.commit({ type: "target", target: target("web-1", { tags: ["mine"] }) });
      await theirs.commit({ type: "target", target: target("web-1", { tags: ["theirs"] }) });
      await mine.commit({ type: "target.removed", id: "web-1" });
      expect(await scene.store.targets(scene.space)).toEqual([]);
      expect(await scene.store.targets(other)).toEqual([target("web-1", { tags: ["theirs"] })]);
    });
  });
}

function semaphoresAndSchedules(test: ContractTest): void {
  test("semaphores are listed in the order of their names, and changed and removed", async ({ scene }) => {
    const writer = await scene.writer();
    for (const id of ["lane.deploy", "Db", "ärger", "db", "a"]) {
      await writer.commit({ type: "semaphore", semaphore: { id, limit: 1 } });
    }
    await writer.commit(
      { type: "semaphore", semaphore: { id: "lane.deploy", limit: 0 } },
      { type: "semaphore.removed", id: "a" },
      { type: "semaphore.removed", id: "never-there" },
    );
    expect(await scene.store.semaphores(scene.space)).toEqual([
      { id: "Db", limit: 1 },
      { id: "db", limit: 1 },
      { id: "lane.deploy", limit: 0 },
      { id: "ärger", limit: 1 },
    ]);
    expect(await scene.store.semaphores(newSpace())).toEqual([]);
  });

  test("schedules are listed in the order of their ids with every field, and changed and removed", async ({
    scene,
  }) => {
    const writer = await scene.writer();
    const { task } = schedule("x");
    const full = schedule("Nächtlich 🌙", {
      times: { type: "cron", expression: "0 3 * * 1-5", timeZone: "Asia/Kathmandu" },
      missed: "once",
      overlap: "queue",
      paused: true,
      task: {
        ...task,
        kind: "runbook",
        targets: ["web-1", "wéb-🚢"],
        variables: { BerthMode: "shared", Größe: '"\u2028' },
        plan: { ...ordinaryPlan, semaphores: ["東京"], spreadMs: 5 },
        queueExpiryMs: 9,
      },
      payload: JSON.stringify({ script: `echo "ÄÖÜ 🚢 \u0000"${"x".repeat(100_000)}` }),
      nextAt: null,
      lastTask: "Nächtlich 🌙:1",
    });
    await writer.commit(
      { type: "schedule", schedule: schedule("b") },
      { type: "schedule", schedule: full },
      { type: "schedule", schedule: schedule("a") },
      { type: "schedule", schedule: schedule("c") },
    );
    const fired = schedule("b", { nextAt: startedAt + 120_000, lastTask: "b:1" });
    await writer.commit({ type: "schedule", schedule: fired }, { type: "schedule.removed", id: "c" });
    expect(await scene.store.schedules(scene.space)).toEqual([full, schedule("a"), fired]);
    expect(await scene.store.schedules(newSpace())).toEqual([]);
  });
}
