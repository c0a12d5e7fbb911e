import { type Dispatchers, realTiming, type Timing } from "@berth/dispatcher";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene } from "../support/dispatcher/scene.ts";
import { withOverrides } from "../support/dispatcher/watched-ports.ts";

const six = ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6"];

function owned({ standings }: Dispatchers): string[] {
  return standings.filter(({ standing }) => standing === "owner").map((each) => each.space);
}

describe("two processes that share spaces", () => {
  test("have half of them each, although one came first and had all", async () => {
    const scene = await DispatcherScene.prepare();
    const first = scene.dispatchers({ owner: "first", spaces: six });
    first.start();
    await scene.until(() => owned(first).length === 6);
    const second = scene.dispatchers({ owner: "second", spaces: [...six].reverse() });
    second.start();
    await scene.until(() => owned(first).length === 3 && owned(second).length === 3);
    expect([...owned(first), ...owned(second)].sort()).toEqual(six);
  });

  test("take over what the other one gives back when it stops, all at once", async () => {
    const scene = await DispatcherScene.prepare();
    const first = scene.dispatchers({ owner: "first", spaces: six });
    first.start();
    await scene.until(() => owned(first).length === 6);
    const second = scene.dispatchers({ owner: "second", spaces: six, balanceMs: 3_600_000 });
    second.start();
    await scene.logged("waiting for it");
    await first.stop();
    await scene.until(() => owned(second).length === 6);
    expect(first.standings.map(({ standing }) => standing)).toEqual(six.map(() => "unknown"));
  });

  test("take over when the lease of one ends that says nothing any more", async () => {
    const scene = await DispatcherScene.prepare();
    const settings = { ownerLeaseMs: 200 };
    const first = scene.dispatchers({ owner: "first", spaces: six, settings });
    first.start();
    await scene.until(() => owned(first).length === 6);
    await scene.cut();
    const second = scene.dispatchers({ owner: "second", spaces: six, settings });
    second.start();
    await scene.until(() => owned(second).length === 6);
  });
});

describe("a space that is free", () => {
  test("is left to those who have fewer", async () => {
    const scene = await DispatcherScene.prepare();
    const hesitating = Promise.withResolvers<void>();
    // Nobody comes back from the hesitation of one that has three of four spaces.
    const after: Timing["after"] = (ms, run) => {
      if (ms !== 3_000) return realTiming.after(1, run);
      hesitating.resolve();
      return () => {};
    };
    const held = { space: "s-4", owner: "somebody", at: Date.now(), leaseMs: 3_600_000 };
    const { epoch } = (await scene.store.acquire(held))!;
    const wish = { spaces: ["s-1", "s-2", "s-3", "s-4"], hesitationMsMax: 4_000, balanceMs: 3_600_000 };
    const busy = scene.dispatchers({ ...wish, owner: "busy", timing: { ...realTiming, after } });
    busy.start();
    await scene.until(() => owned(busy).length === 3);
    await scene.store.release({ ...held, epoch });
    await hesitating.promise;
    const idle = scene.dispatchers({ ...wish, owner: "idle" });
    idle.start();
    await scene.until(() => owned(idle).length === 1);
    expect(owned(idle)).toEqual(["s-4"]);
    expect(owned(busy)).toHaveLength(3);
  });
});

describe("whoever waits for a space", () => {
  test("asks the store one question at each look, often enough to have it within a second", async () => {
    const scene = await DispatcherScene.prepare();
    const looks: number[] = [];
    let questions = 0;
    const enough = Promise.withResolvers<void>();
    const timing: Timing = {
      ...realTiming,
      after: (ms, run) => {
        looks.push(ms);
        if (looks.length === 50) enough.resolve();
        return realTiming.after(1, run);
      },
    };
    await scene.store.acquire({ space, owner: "somebody", at: Date.now(), leaseMs: 3_600_000 });
    const names = ["history", "acquire", "renew", "load"] as const;
    const counting = names.map((name) => {
      const ask = scene.store[name].bind(scene.store) as (...given: unknown[]) => unknown;
      return [
        name,
        (...given: unknown[]) => {
          questions += 1;
          return ask(...given);
        },
      ];
    });
    const store = withOverrides(scene.store, Object.fromEntries(counting));
    const settings = { waitMs: 250 };
    void scene.dispatcher({ owner: "waiting", store, timing, settings }).start();
    await enough.promise;
    expect(questions).toBe(50);
    expect(Math.max(...looks)).toBeLessThan(320);
    expect(Math.min(...looks)).toBeGreaterThan(180);
    expect(new Set(looks).size).toBeGreaterThan(40);
  });
});
