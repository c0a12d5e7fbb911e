// What comes between while a store is made whole that has lost more than the last commits: it is whole or as it was.
import { type StagedPart, StoreError } from "@berth/store";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission, submit } from "../support/dispatcher/scene.ts";
import { tornWriteBack } from "../support/laws/whole-write-back.ts";

const noRecent = { recentCommitBytes: 0 };

/** So large that two of them do not fit into one part. */
function large(id: string) {
  const script = { interpreter: "bash", text: "x".repeat(1_200_000), arguments: [] };
  return submit(id, { payload: { ...submission(id).payload, script } });
}

describe("an owner that dies in the midst of a write-back", () => {
  test("leaves the space as the store had it, and its successor goes on from there", async () => {
    const scene = await DispatcherScene.open({ settings: noRecent });
    expect(await tornWriteBack(scene)).toEqual([]);
    const user = await scene.user("bob");
    expect(await user.ask(submit("t-after"))).toMatchObject({ type: "submitted", existing: false });
  });
});

describe("a write-back", () => {
  async function prepared() {
    const scene = await DispatcherScene.open({ settings: noRecent });
    const user = await scene.user("ada");
    for (const id of ["t-1", "t-2", "t-3"]) await user.ask(large(id));
    const parts: StagedPart[] = [];
    return { scene, user, parts };
  }

  async function expectWhole(scene: DispatcherScene, ids: readonly string[]): Promise<void> {
    const { tasks } = await scene.store.load(space);
    expect(tasks.map(({ id }) => id).toSorted()).toEqual(ids);
    const payloads = await scene.store.payloads(space, ids);
    expect([...payloads.values()].filter((payload) => payload.length > 1_000_000)).toHaveLength(3);
  }

  test("comes in several parts, none of which is large", async () => {
    const { scene, user, parts } = await prepared();
    scene.watched.stageRule = (part, pass) => {
      parts.push(part);
      return pass();
    };
    await scene.forgetful.forgetEverything();
    await user.ask(submit("t-4"));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
    await expectWhole(scene, ["t-1", "t-2", "t-3", "t-4"]);
  });

  test("is begun anew where the store does not answer in the midst of it", async () => {
    const { scene, user, parts } = await prepared();
    scene.watched.stageRule = (part, pass) => {
      parts.push(part);
      if (parts.length === 2) throw new StoreError("store_unreachable", "for a moment");
      return pass();
    };
    await scene.forgetful.forgetEverything();
    await user.ask(submit("t-4"));
    expect(parts.filter(({ part }) => part === 1)).toHaveLength(2);
    await expectWhole(scene, ["t-1", "t-2", "t-3", "t-4"]);
    expect(scene.log.filter(({ msg }) => msg.includes("broken off"))).toEqual([]);
  });

  test("is begun anew where the store goes backwards in the midst of it", async () => {
    const { scene, user, parts } = await prepared();
    scene.watched.stageRule = async (part, pass) => {
      parts.push(part);
      const outcome = await pass();
      if (parts.length === 2) await scene.forgetful.forgetEverything();
      return outcome;
    };
    await scene.forgetful.forgetEverything();
    await user.ask(submit("t-4"));
    expect(parts.filter(({ part }) => part === 1)).toHaveLength(2);
    await expectWhole(scene, ["t-1", "t-2", "t-3", "t-4"]);
  });

  test("is known to be done when it was, although nobody heard of it", async () => {
    const { scene, user, parts } = await prepared();
    let seals = 0;
    scene.watched.stageRule = (part, pass) => {
      parts.push(part);
      return pass();
    };
    scene.watched.rule = async ({ parts = 0 }, pass) => {
      const outcome = await pass();
      if (parts > 0) seals += 1;
      if (parts > 0 && seals === 1) throw new StoreError("store_unreachable", "the answer was lost");
      return outcome;
    };
    await scene.forgetful.forgetEverything();
    await user.ask(submit("t-4"));
    await expectWhole(scene, ["t-1", "t-2", "t-3", "t-4"]);
    expect(parts.filter(({ part }) => part === 1)).toHaveLength(1);
    const told = (await scene.oops()).filter(({ type }) => type === "StoreWentBackwards");
    expect(told).toHaveLength(1);
  });
});
