// Who may say what: users of the broker that are not the server's speak for their own sessions and targets only.

import { randomUUID } from "node:crypto";
import { newItemId } from "@berth/protocol/identity";
import { describe, expect, test } from "vitest";
import { InboxUser, InboxWorker, type ItemWish, space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { eventually } from "../support/eventually.ts";

const server = "berth-server";

async function openScene(): Promise<DispatcherScene> {
  const scene = await DispatcherScene.open({ user: server, settings: { serverUsers: [server] } });
  const client = await scene.user("admin", server);
  await client.ask({ type: "target.put", target: "web-2", policy: {}, tags: [] });
  return scene;
}

/** A tentacle that is called as its target, with an open session. */
async function worker(scene: DispatcherScene, target: string): Promise<InboxWorker> {
  const user = scene.names.user(space, target);
  const worker = new InboxWorker(await scene.connect(user), scene.names, `${target}.${randomUUID()}`, target);
  worker.brokerUser = user;
  expect(await worker.open([target])).toMatchObject({ type: "session" });
  return worker;
}

/** What was sent before it has been decided. */
async function settled(scene: DispatcherScene): Promise<void> {
  const client = await scene.user(`settled-${newItemId()}`, server);
  await client.ask({ type: "semaphores" });
}

async function refusals(scene: DispatcherScene): Promise<string[]> {
  await settled(scene);
  return (await scene.oops()).flatMap(({ type, value }) => (type === "SenderRefused" ? [value] : []));
}

test("a tentacle that speaks for its own target is served as ever", async () => {
  const scene = await openScene();
  const [client, own] = [await scene.user("client", server), await worker(scene, "web-1")];
  expect(await client.ask(submit("t-1"))).toMatchObject({ type: "submitted" });
  await own.succeed(await own.delivery("t-1"));
  await scene.untilState("t-1", "succeeded");
  expect(await refusals(scene)).toEqual([]);
});

test("a report of another's session changes nothing, and its OOPS says who sent what", async () => {
  const scene = await openScene();
  const [client, own, evil] = [
    await scene.user("client", server),
    await worker(scene, "web-1"),
    await worker(scene, "web-2"),
  ];
  await client.ask(submit("t-1"));
  const { task, leg, attempt, token } = await own.delivery("t-1");
  const outcome = { type: "succeeded", exitCode: 0 } as const;
  const forged = {
    type: "report",
    task,
    leg,
    attempt,
    token,
    report: { type: "finished", outcome },
  } as const;
  const ids = await evil.send({ ...forged, session: own.session }, { ...forged, session: evil.session });
  for (const id of ids)
    expect(await evil.reply(id)).toMatchObject({ type: "refused", code: "sender_refused" });
  expect((await refusals(scene)).toSorted()).toEqual(
    [
      `sent report ${ids[0]}: the session ${own.session} is not its own`,
      `sent report ${ids[1]}: it may not speak for the target web-1`,
    ]
      .map((what) => `the broker's user "test.default.web-2" ${what}`)
      .toSorted(),
  );
  expect(await scene.stateOf("t-1")).toBe("granted");
  await own.report({ ...(await own.delivery("t-1")) }, { type: "started" });
  await scene.untilState("t-1", "running");
});

test("what no user vouches for is refused, whoever is named in it", async () => {
  const scene = await openScene();
  const own = await worker(scene, "web-1");
  own.brokerUser = null;
  await own.send({ type: "session.close", session: own.session });
  expect(await refusals(scene)).toEqual([expect.stringContaining("somebody sent session.close")]);
  expect(own.orders).toEqual([]);
  expect((await scene.store.sessions(space)).map(({ id }) => id)).toEqual([own.session]);
});

describe("answers", () => {
  const places = {
    "another's session": (_scene: DispatcherScene, other: InboxWorker) => other.queue,
    "a target's queue": ({ names }: DispatcherScene) => names.target(space, "web-1"),
    "a client's answers": ({ names }: DispatcherScene) => names.replies("victim"),
    "the inbox": ({ names }: DispatcherScene) => names.inbox(space),
  };

  test.each(Object.entries(places))("are not sent to %s", async (_where, place) => {
    const scene = await openScene();
    const [other, evil] = [await worker(scene, "web-1"), await worker(scene, "web-2")];
    const victim = await scene.user("victim", server);
    const own = evil.queue;
    evil.queue = place(scene, other);
    const sent = await evil.send({ type: "session.beat", session: evil.session }, {
      type: "session.beat",
      session: other.session,
    } satisfies ItemWish);
    expect(await refusals(scene)).toHaveLength(2);
    for (const id of sent)
      for (const user of [other, evil, victim]) expect(user.replies.get(id)).toBeUndefined();
    const queues = scene.journal.entries.flatMap((entry) =>
      entry.type === "published" && sent.some((id) => entry.text.includes(id)) ? [entry.queue] : [],
    );
    expect(queues).toEqual([]);
    evil.queue = own;
  });
});

test("a session that may not be opened is told so, in a queue that is made for that", async () => {
  const scene = await openScene();
  const user = scene.names.user(space, "web-2");
  const connection = await scene.connect(user);
  const session = `web-2.${randomUUID()}`;
  const queue = scene.names.session(space, session);
  const asking = new InboxUser(connection, scene.names, queue);
  asking.brokerUser = user;
  const parts = { session, tentacle: "web-2", version: "1", capacity: 1, succeeds: [], knows: [] };
  const [id] = await asking.send({ type: "session.open", targets: ["web-1", "web-2"], ...parts });
  await eventually("its queue is there", () => connection.inspectQueue(queue));
  await asking.listen();
  expect(await asking.reply(id!)).toMatchObject({
    type: "refused",
    code: "sender_refused",
    message: "this user may not send session.open: it may not speak for the target web-1",
  });
  expect(await scene.store.sessions(space)).toEqual([]);
});

test("a target that becomes another user's is served by that one from then on", async () => {
  const scene = await openScene();
  const [client, own] = [await scene.user("client", server), await worker(scene, "web-1")];
  const users = [scene.names.user(space, "web-2")];
  await client.ask(submit("t-1"));
  const running = await own.delivery("t-1");
  await own.report(running, { type: "started" });
  await client.ask({ type: "target.put", target: "web-1", policy: {}, tags: [], users });
  await client.ask(submit("t-2"));
  // What it was granted before stays its own.
  await own.succeed(running);
  await scene.untilState("t-1", "succeeded");
  expect(await client.ask({ type: "explain", task: "t-2" })).toMatchObject({
    explanation: { legs: [{ summary: "It waits: no tentacle serves target web-1." }] },
  });
  expect(await refusals(scene)).toEqual([]);
});

test("a target without users is that of the tentacle that has its name", async () => {
  const scene = await openScene();
  const targets = await scene.store.targets(space);
  expect(targets.map(({ users }) => users)).toEqual([["test.default.web-1"], ["test.default.web-2"]]);
});

test("a flood of forged messages fills neither the store nor the queues", async () => {
  const scene = await openScene();
  const evil = await worker(scene, "web-2");
  const wishes: ItemWish[] = Array.from({ length: 1_000 }, () => ({
    type: "quarantine.release",
    target: "web-1",
    mutex: "script",
    by: "",
  }));
  for (let message = 0; message < 3; message += 1) await evil.send(...wishes);
  for (let message = 0; message < 100; message += 1) await evil.sendText("garbage");
  expect(await refusals(scene)).toHaveLength(12);
  expect(await scene.oops()).toHaveLength(12);
  expect([...evil.replies.values()].filter(([body]) => body?.type === "refused")).toHaveLength(12);
  expect((await scene.oops()).at(0)?.text).toContain("Refused of this sender lately: 1000");
});

test("an own user that is not named is an error at once, and none at all is warned of", async () => {
  const scene = await DispatcherScene.prepare();
  expect(() => scene.dispatcher({ settings: { serverUsers: [] } })).toThrow("serverUsers is empty");
  scene.dispatcher({ user: server });
  await scene.logged("serverUsers is not set");
});
