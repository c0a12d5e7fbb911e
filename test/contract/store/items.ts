import { describe, expect } from "vitest";
import { hold, quarantine, session, startedAt, target } from "./records.ts";
import { type ContractTest, newSpace } from "./scene.ts";

export function itemsContract(test: ContractTest): void {
  describe("targets, sessions, holds and quarantines", () => {
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
        { type: "hold", hold: hold("second", { scope, until: startedAt + 5 }) },
        { type: "hold", hold: hold("first") },
        { type: "hold", hold: hold("third") },
      );
      await writer.commit({ type: "hold.ended", id: "first" }, { type: "hold.ended", id: "unknown" });
      const holds = await scene.store.holds(scene.space);
      expect(holds).toEqual([hold("second", { scope, until: startedAt + 5 }), hold("third")]);
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

    test("one name may be that of a target, a session and a hold", async ({ scene }) => {
      const writer = await scene.writer();
      await writer.commit(
        { type: "target", target: target("x") },
        { type: "session", session: session("x") },
        { type: "hold", hold: hold("x") },
      );
      await writer.commit({ type: "session.ended", id: "x" });
      expect(await scene.store.targets(scene.space)).toHaveLength(1);
      expect(await scene.store.holds(scene.space)).toHaveLength(1);
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
