// Reading a space may take longer than anybody wants to wait once its lease has ended, so it is begun before.
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { withOverrides } from "../support/dispatcher/watched-ports.ts";

interface Waiting {
  readonly scene: DispatcherScene;
  /** What the one who waits asked the store for, of what matters here. */
  readonly asked: string[];
  /** Whoever waits goes on for so long in no time. */
  readonly pass: (ms: number) => void;
  /** Resolves when the store was asked for that. */
  readonly untilAsked: (what: string) => Promise<void>;
}

const leaseMs = 3_600_000;

/** A space with a task, whose owner has been killed, and one who waits for it. */
async function wait(): Promise<Waiting> {
  const settings = { ownerLeaseMs: leaseMs };
  const scene = await DispatcherScene.open({ owner: "killed", settings });
  await (await scene.user("ada")).ask(submit("t-1"));
  await scene.cut();
  let passedMs = 0;
  const asked: string[] = [];
  const spy =
    <Given extends unknown[], Answer>(what: string, ask: (...given: Given) => Answer) =>
    (...given: Given): Answer => {
      asked.push(what);
      scene.announce();
      return ask(...given);
    };
  const { store } = scene;
  const watched = withOverrides(store, {
    load: spy("load", (name) => store.load(name)),
    acquire: spy("acquire", (lease) => store.acquire(lease)),
    history: spy("history", (name) => store.history(name)),
  });
  void scene
    .dispatcher({ owner: "heir", store: watched, settings, clock: () => Date.now() + passedMs })
    .start();
  return {
    scene,
    asked,
    pass: (ms) => {
      passedMs += ms;
    },
    untilAsked: async (what) => void (await scene.until(() => asked.includes(what))),
  };
}

describe("whoever waits for a space", () => {
  test("reads nothing of it while its owner renews its lease in time", async () => {
    const { scene, asked } = await wait();
    await scene.until(() => asked.length >= 20);
    expect(asked).not.toContain("load");
  });

  test("reads it once when its owner is late, and begins with that when the lease has ended", async () => {
    const { scene, asked, pass, untilAsked } = await wait();
    pass(leaseMs / 2);
    await untilAsked("load");
    const before = asked.length;
    await scene.until(() => asked.length >= before + 20);
    pass(leaseMs / 2);
    const user = await scene.user("bob");
    expect(await user.ask({ type: "explain", task: "t-1" })).toMatchObject({ type: "explanation" });
    expect(asked.filter((what) => what === "load")).toHaveLength(1);
    expect(asked.indexOf("load")).toBeLessThan(asked.indexOf("acquire"));
  });

  test("reads it anew where something has been committed since", async () => {
    const { scene, asked, pass, untilAsked } = await wait();
    pass(leaseMs / 2);
    await untilAsked("load");
    const { sequence, epochs } = await scene.store.history(space);
    const { epoch, owner } = epochs.at(-1)!;
    const { counters, targets } = await scene.store.load(space);
    const target = { ...targets[0]!, id: "web-2" };
    const late = { space, owner, epoch, sequence: sequence + 1, at: Date.now(), counters };
    await scene.store.commit({ ...late, changes: [{ type: "target", target }] });
    pass(leaseMs / 2);
    const user = await scene.user("bob");
    const both = submit("t-2", { targets: ["web-1", "web-2"] });
    expect(await user.ask(both)).toMatchObject({ type: "submitted" });
    expect(asked.filter((what) => what === "load")).toHaveLength(2);
  });
});
