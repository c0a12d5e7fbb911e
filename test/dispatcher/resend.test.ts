import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, type DispatcherWish, submission, submit } from "../support/dispatcher/scene.ts";

/** Its clock is ahead, so that it need not wait for the lease of an owner that is gone. */
const later: DispatcherWish = { owner: "owner-2", clock: () => Date.now() + 60_000 };

/** The dispatcher ends without a word, as in a crash, and another one takes its space over. */
async function crash(scene: DispatcherScene): Promise<void> {
  await scene.cut();
  await scene.dispatcher(later).start();
}

describe("after a crash", () => {
  test("what was granted and not started is sent again, with the same token and session", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask(submit("t-1", { kind: "deploy" }));
    const delivery = await worker.delivery("t-1");
    await crash(scene);
    expect(await worker.delivery("t-1", 2)).toEqual(delivery);
    await worker.succeed(delivery);
    await scene.untilState("t-1", "succeeded");
    expect(await scene.oops()).toEqual([]);
  });

  test("what has started is left alone, and goes on with its token", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask(submit("t-1", { kind: "deploy" }));
    const delivery = await worker.delivery("t-1");
    await worker.report(delivery, { type: "started" });
    await scene.untilState("t-1", "running");
    await crash(scene);
    await worker.succeed(delivery);
    await scene.untilState("t-1", "succeeded");
    expect(worker.deliveries).toHaveLength(1);
  });

  test("orders to cancel are given again", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask(submit("t-1"));
    const { leg, token } = await worker.delivery("t-1");
    await worker.ask({ type: "cancel", task: "t-1", by: "ada", reason: "no need" });
    const order = { type: "cancel", leg, token, graceMs: 10_000, reason: "canceled by ada: no need" };
    await worker.until(() => worker.orders.length === 1);
    await crash(scene);
    await worker.until(() => worker.orders.length === 2);
    expect(worker.orders).toEqual([order, order]);
  });

  test("a session that is alive keeps its lease, and what waits starts without anybody asking", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask({
      ...{ type: "hold.place", hold: "h-1", owner: "ada", reason: "for a while" },
      ...{ scope: { kinds: [], names: [], targets: [], tags: [] }, from: null, until: Date.now() + 30_000 },
      longerThanMs: null,
    });
    await worker.ask(submit("t-1"));
    // The hold ends while nobody owns the space.
    await crash(scene);
    expect(await worker.delivery("t-1")).toMatchObject({ attempt: 1, session: worker.session });
  });

  test("requests that had no answer are answered by the successor", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    scene.watched.rule = () => new Promise(() => {});
    const [id] = await user.send(submit("t-1"));
    await scene.journal.until(() =>
      scene.journal.commits.at(-1)?.changes.some(({ type }) => type === "task.added"),
    );
    const cut = scene.cut();
    scene.watched.rule = (_commit, pass) => pass();
    await cut;
    await scene.dispatcher(later).start();
    expect(await user.reply(id!)).toMatchObject({ type: "submitted", existing: false });
  });
});

test("a delivery that finds no queue makes it, and is sent again", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  await worker.broker.deleteQueue(scene.names.target(space, "web-1"));
  await worker.ask(submit("t-1"));
  await scene.logged("will be sent again");
  await scene.untilQueue("web-1");
  await worker.serve("web-1");
  expect(await worker.delivery("t-1")).toMatchObject({ attempt: 1, session: worker.session });
});

test("a broker that may have lost messages gets the deliveries again", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  await worker.ask(submit("t-1"));
  const delivery = await worker.delivery("t-1");
  scene.loseMessages();
  expect(await worker.delivery("t-1", 2)).toEqual(delivery);
});

test("a broker that fails to take a delivery does not stop the dispatcher", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const queue = scene.names.target(space, "web-1");
  let refusals = 0;
  scene.onPublish = async (message, pass) => {
    // Its refusal comes before the broker has answered for what goes elsewhere.
    if (message.queue !== queue) await setImmediate();
    if (message.queue !== queue || refusals === 3) return pass();
    refusals += 1;
    throw new Error("the connection went away");
  };
  await worker.ask(submit("t-1"));
  expect(await worker.delivery("t-1")).toMatchObject({ attempt: 1 });
  expect(refusals).toBe(3);
  expect(scene.log.filter(({ msg }) => msg.includes("term was broken off"))).toEqual([]);
});

describe("payloads", () => {
  const text = 'echo "quotes" and \u2028 lines\n'.repeat(10);
  const payload = { ...submission("t-1").payload, script: { interpreter: "bash", text, arguments: ["-x"] } };

  test("are read from the store where memory has no room for them", async () => {
    const scene = await DispatcherScene.open({ settings: { payloadCacheBytes: 1 } });
    const worker = await scene.worker();
    for (const id of ["t-1", "t-2"]) await worker.ask(submit(id, { payload }));
    expect((await worker.delivery("t-1")).payload).toEqual(payload);
    expect((await worker.delivery("t-2")).payload).toEqual(payload);
  });

  test("come as they were sent, also after a crash", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const name = 'shop "one" \\ \u0007';
    await worker.ask(submit("t-1", { payload, name }));
    expect(await worker.delivery("t-1")).toMatchObject({ payload, name });
    await crash(scene);
    expect(await worker.delivery("t-1", 2)).toMatchObject({ payload, name });
  });
});
