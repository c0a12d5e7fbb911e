import { StoreError } from "@berth/store";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { withOverrides } from "../support/dispatcher/watched-ports.ts";
import { eventually } from "../support/eventually.ts";

const dayMs = 86_400_000;
const retention = { keepMs: 30 * dayMs, endedTasksMax: 1_000, everyMs: 5 };

/** Tasks that have ended, in this order. */
async function end(scene: DispatcherScene, ids: readonly string[]): Promise<void> {
  const user = await scene.user("ada");
  for (const id of ids) {
    await user.ask(submit(id));
    await user.ask({ type: "cancel", task: id, by: "ada", reason: "" });
  }
}

const count = async (scene: DispatcherScene): Promise<number> =>
  Object.values(await scene.store.taskCounts(space)).reduce((sum, each) => sum + each, 0);

describe("what has ended", () => {
  test("is deleted when it is older than what is kept, and what lives stays", async () => {
    let now = Date.now();
    const scene = await DispatcherScene.open({ clock: () => now, settings: { retention } });
    await end(scene, ["t-1", "t-2"]);
    const user = await scene.user("bob");
    await user.ask(submit("t-alive"));
    await user.sendText("garbage");
    await scene.logged("OOPS");
    now += 31 * dayMs;
    await eventually("only one task is left", async () => (await count(scene)) === 1);
    expect(await scene.stateOf("t-alive")).toBe("waiting");
    await eventually("no OOPS is left", async () => (await scene.oops()).length === 0);
    expect(await scene.logged("old tasks and OOPS were deleted")).toMatchObject({ tasks: 2 });
  });

  test("is deleted when there is too much of it, the oldest first", async () => {
    const scene = await DispatcherScene.open({ settings: { retention: { ...retention, endedTasksMax: 2 } } });
    await end(scene, ["t-1", "t-2", "t-3", "t-4"]);
    await eventually("two are left", async () => (await count(scene)) === 2);
    const { items } = await scene.store.tasks(space, { sort: "oldest", cursor: null, limit: 10 });
    expect(items.map(({ task }) => task.id)).toEqual(["t-3", "t-4"]);
  });

  test("is deleted later where the store cannot do it now", async () => {
    const scene = await DispatcherScene.prepare();
    let failures = 0;
    const store = withOverrides(scene.watched.store, {
      prune: (name, rule) => {
        failures += 1;
        return failures > 3
          ? scene.store.prune(name, rule)
          : Promise.reject(new StoreError("store_unreachable", "no answer"));
      },
    });
    await scene.dispatcher({ store, settings: { retention: { ...retention, endedTasksMax: 1 } } }).start();
    await (await scene.user("setup")).ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    await end(scene, ["t-1", "t-2"]);
    await eventually("one is left", async () => (await count(scene)) === 1);
    expect(scene.log.some(({ msg }) => msg.includes("could not be deleted"))).toBe(true);
  });
});

test("a stop in the midst of a deletion waits for the step under way, and no other one begins", async () => {
  const scene = await DispatcherScene.prepare();
  const reached = Promise.withResolvers<void>();
  let begun = 0;
  let done = 0;
  // There is always more to delete.
  const store = withOverrides(scene.watched.store, {
    prune: async (name, rule) => {
      begun += 1;
      await scene.store.prune(name, rule);
      done += 1;
      reached.resolve();
      return { tasks: 500, oops: 0 };
    },
  });
  const dispatcher = scene.dispatcher({ store, settings: { retention } });
  await dispatcher.start();
  await reached.promise;
  await dispatcher.stop();
  const begunBefore = begun;
  expect(done).toBe(begunBefore);
  await scene.oops();
  expect(begun).toBe(begunBefore);
});
