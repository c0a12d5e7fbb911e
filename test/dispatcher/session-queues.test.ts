// The queues of sessions are made by the owner of the space: a tentacle may not make any.

import { randomUUID } from "node:crypto";
import type { Broker } from "@berth/broker";
import { expect, test } from "vitest";
import { InboxWorker, space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { eventually } from "../support/eventually.ts";

interface Opened {
  readonly worker: InboxWorker;
  readonly queue: string;
  readonly connection: Broker;
}

const facts = { tentacle: "octavia", version: "1", targets: ["web-1"], capacity: 5, succeeds: [], knows: [] };

/** A tentacle that asks for a session first, and consumes its queue once that is there. */
async function open(scene: DispatcherScene, session = `octavia.${randomUUID()}`): Promise<Opened> {
  const connection = await scene.connect();
  const worker = new InboxWorker(connection, scene.names, session);
  const [id] = await worker.send({ type: "session.open", session, ...facts });
  await isThere(connection, worker.queue);
  await worker.listen();
  expect(await worker.reply(id!)).toMatchObject({ type: "session" });
  await worker.serve("web-1");
  return { worker, queue: worker.queue, connection };
}

async function isThere(connection: Broker, queue: string): Promise<void> {
  await eventually("the queue is there", () => connection.inspectQueue(queue));
}

test("is there before the answer to who opened it", async () => {
  const declared: string[] = [];
  const scene = await DispatcherScene.open({ onDeclare: (queue) => void declared.push(queue) });
  const { worker, queue } = await open(scene);
  expect(declared).toContain(queue);
  expect(await worker.ask({ type: "session.beat", session: worker.session })).toMatchObject({ type: "beat" });
});

test("is there again when a beat shows that it is not, and for orders that found none", async () => {
  const scene = await DispatcherScene.open({ settings: { retryMs: 5 } });
  const { worker, queue, connection } = await open(scene);
  const client = await scene.user("client");
  await client.ask(submit("t-1"));
  await worker.report(await worker.delivery("t-1"), { type: "started" });
  await scene.untilState("t-1", "running");
  await connection.deleteQueue(queue);
  await worker.send({ type: "session.beat", session: worker.session });
  await isThere(connection, queue);
  await connection.deleteQueue(queue);
  // Nobody asks for it any more: the order itself finds no queue, and is sent again once there is one.
  await client.ask({ type: "cancel", task: "t-1", by: "anna", reason: "" });
  await isThere(connection, queue);
  await worker.listen();
  await worker.until(() => worker.orders.find(({ type }) => type === "cancel"));
});

test("is there for the sessions that a new owner finds", async () => {
  const scene = await DispatcherScene.open({ settings: { ownerLeaseMs: 50 } });
  const { queue, worker } = await open(scene);
  await worker.broker.stop();
  await scene.cut();
  const looker = await scene.connect();
  await looker.deleteQueue(queue);
  await scene.dispatcher({ owner: "owner-2" }).start();
  expect(await looker.inspectQueue(queue)).not.toBeNull();
});

test("is kept after the end of its session for as long as a lease, and removed then", async () => {
  const scene = await DispatcherScene.open({ settings: { engine: { leaseMs: 300 } } });
  const { worker, queue, connection } = await open(scene);
  await worker.ask({ type: "session.close", session: worker.session });
  await worker.until(() => worker.orders.find(({ type }) => type === "session.ended"));
  await eventually("it is gone", async () => (await connection.inspectQueue(queue)) === null);
});

test("is kept where its session was opened again meanwhile", async () => {
  const scene = await DispatcherScene.open({ settings: { engine: { leaseMs: 300 } } });
  const { worker, queue, connection } = await open(scene);
  await worker.ask({ type: "session.close", session: worker.session });
  await worker.ask({ type: "session.open", session: worker.session, ...facts });
  const other = await open(scene);
  await other.worker.ask({ type: "session.close", session: other.worker.session });
  const beat = setInterval(() => void worker.send({ type: "session.beat", session: worker.session }), 50);
  await eventually("the other is gone", async () => (await connection.inspectQueue(other.queue)) === null);
  clearInterval(beat);
  expect(await connection.inspectQueue(queue)).not.toBeNull();
});

test("is made for a session that nobody knows, so that it hears so, but not for any number", async () => {
  const scene = await DispatcherScene.open();
  const connection = await scene.connect();
  const worker = new InboxWorker(connection, scene.names, `octavia.${randomUUID()}`);
  await worker.send({ type: "session.beat", session: worker.session });
  await isThere(connection, worker.queue);
  await worker.listen();
  expect(await worker.ask({ type: "session.beat", session: worker.session })).toMatchObject({
    type: "refused",
    code: "session_unknown",
  });
  const names = Array.from({ length: 1_500 }, (_, index) => `octavia.${index}`);
  for (const session of names) {
    const other = new InboxWorker(connection, scene.names, session);
    await other.send({ type: "session.beat", session });
  }
  await (await scene.user("last")).ask({ type: "semaphores" });
  const found = await Promise.all(
    names.map((name) => connection.inspectQueue(scene.names.session(space, name))),
  );
  expect(found.filter((figures) => figures !== null).length).toBeLessThan(1_000);
});
