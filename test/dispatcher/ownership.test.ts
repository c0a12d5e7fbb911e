import { setImmediate } from "node:timers/promises";
import { StoreError } from "@berth/store";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { Gate } from "../support/dispatcher/watched-ports.ts";
import { outputOfDeposed } from "../support/laws/fenced-commit.ts";

const owned = async (scene: DispatcherScene): Promise<boolean> =>
  (await scene.store.acquire({ space, owner: "somebody", at: Date.now(), leaseMs: 1 })) === null;

describe("a dispatcher that is deposed", () => {
  test("sends and acknowledges nothing more, and its successor handles what it leaves", async () => {
    const scene = await DispatcherScene.open();
    const { output, answers } = await outputOfDeposed(scene);
    expect(output).toEqual([]);
    expect(answers).toMatchObject([{ type: "submitted", existing: false }]);
    await scene.logged("another dispatcher owns space");
  });

  test("does not even answer what changes nothing", async () => {
    const scene = await DispatcherScene.open();
    const { output, answers } = await outputOfDeposed(scene, { type: "explain", task: "t-1" });
    expect(output).toEqual([]);
    expect(answers).toMatchObject([{ code: "task_unknown" }]);
  });

  test("hears of it by itself, where nothing comes in that it would have to commit", async () => {
    const scene = await DispatcherScene.open({ settings: { ownerLeaseMs: 30 } });
    await scene.store.acquire({ space, owner: "owner-2", at: Date.now() + 3_600_000, leaseMs: 10_000 });
    await scene.logged("another dispatcher owns space");
  });
});

describe("the space", () => {
  test("is given back at once by a dispatcher that stops", async () => {
    const scene = await DispatcherScene.prepare();
    const dispatcher = scene.dispatcher();
    await dispatcher.start();
    expect(dispatcher.isOwner).toBe(true);
    expect(await owned(scene)).toBe(true);
    await dispatcher.stop();
    expect(dispatcher.isOwner).toBe(false);
    expect(await owned(scene)).toBe(false);
  });

  test("goes to whoever waits for it as soon as its owner stops, with all that is in it", async () => {
    const scene = await DispatcherScene.prepare();
    const first = scene.dispatcher({ owner: "owner-1" });
    await first.start();
    const user = await scene.user("ada");
    await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    const second = scene.dispatcher({ owner: "owner-2" });
    const started = second.start();
    await scene.logged("waiting for it");
    expect(second.isOwner).toBe(false);
    await first.stop();
    await started;
    expect(second.isOwner).toBe(true);
    expect(await user.ask(submit("t-1"))).toMatchObject({ type: "submitted" });
  });

  test("is kept for longer than a lease by an owner that is there", async () => {
    const scene = await DispatcherScene.prepare();
    let renewals = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const { store } = scene.watched;
    const renewing = Object.assign(Object.create(null), { renew: store.renew });
    renewing.renew = async (lease: Parameters<typeof store.renew>[0]) => {
      renewals += 1;
      if (renewals === 10) resolve();
      // A store that does not answer now and then costs nothing.
      if (renewals % 2 === 0) throw new StoreError("store_unreachable", "no answer");
      return store.renew(lease);
    };
    const dispatcher = scene.dispatcher({
      settings: { ownerLeaseMs: 30 },
      store: new Proxy(store, {
        get: (target, key) => (key === "renew" ? renewing.renew : Reflect.get(target, key)),
      }),
    });
    await dispatcher.start();
    await promise;
    expect(dispatcher.isOwner).toBe(true);
    expect(scene.log.filter(({ msg }) => msg.includes("term was broken off"))).toEqual([]);
  });
});

describe("start and stop", () => {
  test("may be called again and again", async () => {
    const scene = await DispatcherScene.prepare();
    const dispatcher = scene.dispatcher();
    await Promise.all([dispatcher.start(), dispatcher.start()]);
    await dispatcher.start();
    await Promise.all([dispatcher.stop(), dispatcher.stop()]);
    await dispatcher.stop();
    expect(scene.log.filter(({ msg }) => msg === "owns the space")).toHaveLength(1);
  });

  test("can meet before anything has begun", async () => {
    const scene = await DispatcherScene.prepare();
    await scene.dispatcher({ owner: "never started" }).stop();
    const dispatcher = scene.dispatcher();
    await Promise.all([dispatcher.start(), dispatcher.stop()]);
    expect(await owned(scene)).toBe(false);
  });

  test("end the wait for the space", async () => {
    const scene = await DispatcherScene.open();
    const waiting = scene.dispatcher({ owner: "owner-2", settings: { waitMs: 3_600_000 } });
    const started = waiting.start();
    await scene.logged("waiting for it");
    await waiting.stop();
    await started;
    expect(waiting.isOwner).toBe(false);
  });

  test("finish what is under way: it is committed, answered and acknowledged", async () => {
    const scene = await DispatcherScene.prepare();
    const dispatcher = scene.dispatcher();
    await dispatcher.start();
    const user = await scene.user("ada");
    await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    const [id] = await user.send(submit("t-1"));
    await gate.reached;
    const stopped = dispatcher.stop();
    await setImmediate();
    gate.open();
    await stopped;
    expect(await user.reply(id!)).toMatchObject({ type: "submitted" });
    expect(await user.broker.inspectQueue(scene.names.inbox(space))).toMatchObject({ waiting: 0 });
    expect(await owned(scene)).toBe(false);
  });

  test("end also where the store fails at that moment, and leave the message in the inbox", async () => {
    const scene = await DispatcherScene.prepare();
    const dispatcher = scene.dispatcher();
    await dispatcher.start();
    const user = await scene.user("ada");
    const gate = new Gate();
    scene.watched.rule = (commit) =>
      gate.rule(commit, () => Promise.reject(new StoreError("store_unreachable", "gone")));
    await user.send({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    await gate.reached;
    const stopped = dispatcher.stop();
    gate.open();
    await stopped;
    expect(user.replies.size).toBe(0);
    expect(await user.broker.inspectQueue(scene.names.inbox(space))).toMatchObject({ waiting: 1 });
    expect(await owned(scene)).toBe(false);
  });
});
