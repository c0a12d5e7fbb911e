import { type Broker, JsonMessage } from "@berth/broker";
import { describe, expect } from "vitest";
import { Receiver, texts } from "./receiver.ts";
import { type ContractTest, receive, send } from "./scene.ts";
import type { BrokerSubject } from "./subject.ts";

export function publishingContract(test: ContractTest, subject: BrokerSubject): void {
  describe("publishing", () => {
    outcomes(test);
    order(test);
    bodies(test);
  });
  describe("the sender's user id", () => {
    if (subject.userId === null) unknownUsers(test);
    else knownUsers(test, subject.userId);
  });
}

function outcomes(test: ContractTest): void {
  test("a message to a queue is queued, and waits there for a consumer", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    expect(await send(broker, queue, "early")).toEqual(["queued"]);
    const { receiver } = await receive(broker, queue);
    expect(await receiver.next()).toMatchObject({ queue, body: Buffer.from("early"), redelivered: false });
  });

  test("a message to a queue that does not exist is unroutable", async ({ scene }) => {
    const broker = await scene.connect();
    expect(await send(broker, scene.queueName(), "lost")).toEqual(["unroutable"]);
  });

  test("each of many messages that are under way at once gets its own outcome", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const nowhere = scene.queueName();
    const body = Buffer.from("same");
    const targets = Array.from({ length: 300 }, (_, index) => (index % 3 === 1 ? nowhere : queue));
    const answers = await Promise.all(
      targets.map((target, index) => broker.publish({ queue: target, body, persistent: index % 2 === 0 })),
    );
    expect(answers).toEqual(targets.map((target) => (target === queue ? "queued" : "unroutable")));
  });

  test("a handler never runs inside of publish", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    let isPublishing = false;
    const seen: boolean[] = [];
    const receiver = new Receiver(() => seen.push(isPublishing));
    await broker.consume(queue, { prefetch: 10 }, receiver.handler);
    isPublishing = true;
    const outcome = send(broker, queue, "a", "b");
    isPublishing = false;
    await outcome;
    await receiver.take(2);
    expect(seen).toEqual([false, false]);
  });
}

function order(test: ContractTest): void {
  test("messages stand in the queue in the order of the calls, persistent or not", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const numbers = Array.from({ length: 500 }, (_, index) => String(index));
    await Promise.all(
      numbers.map((text, index) =>
        broker.publish({ queue, body: Buffer.from(text), persistent: index % 7 === 0 }),
      ),
    );
    const { receiver } = await receive(broker, queue, 500);
    expect(texts(await receiver.take(500))).toEqual(numbers);
  });

  test("10,000 messages come in order through a small prefetch", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const numbers = Array.from({ length: 10_000 }, (_, index) => String(index));
    const receiver = new Receiver((message) => message.ack());
    await broker.consume(queue, { prefetch: 7 }, receiver.handler);
    await send(broker, queue, ...numbers);
    expect(texts(await receiver.take(10_000))).toEqual(numbers);
  });
}

function bodies(test: ContractTest): void {
  test("an empty body arrives empty", async ({ scene }) => {
    await expectRoundTrip(await scene.connect(), scene, Buffer.alloc(0));
  });

  test("a body of every byte value arrives byte for byte", async ({ scene }) => {
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await expectRoundTrip(await scene.connect(), scene, everyByte);
  });

  test("a body of 1 MiB arrives byte for byte", async ({ scene }) => {
    const large = Buffer.from(
      Uint32Array.from({ length: 262_144 }, (_, index) => index * 2_654_435_761).buffer,
    );
    await expectRoundTrip(await scene.connect(), scene, large);
  });

  test("a JSON value arrives as that value and as its bytes, also when it comes again", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const value = { v: 1, text: "ü", list: [null, true, 1.5], nested: { deep: [] } };
    await broker.publish(new JsonMessage(queue, value, true));
    const { receiver } = await receive(broker, queue);
    const message = await receiver.next();
    expect(message.json()).toEqual(value);
    expect(message.body.toString()).toBe(JSON.stringify(value));
    message.nack(true);
    expect((await receiver.next()).json()).toEqual(value);
  });

  test("bytes that are JSON are read as a value, and others are a SyntaxError", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "[1,2]", "{", "");
    const { receiver } = await receive(broker, queue);
    const [list, broken, empty] = await receiver.take(3);
    expect(list?.json()).toEqual([1, 2]);
    expect(() => broken?.json()).toThrow(SyntaxError);
    expect(() => empty?.json()).toThrow(SyntaxError);
  });
}

type Queues = { queue(connection: Broker): Promise<string> };

async function expectRoundTrip(broker: Broker, queues: Queues, body: Buffer): Promise<void> {
  const queue = await queues.queue(broker);
  await broker.publish({ queue, body, persistent: true });
  const { receiver } = await receive(broker, queue);
  expect((await receiver.next()).body.equals(body)).toBe(true);
}

function knownUsers(test: ContractTest, userId: string): void {
  test("is vouched for where the message names it", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await broker.publish({ queue, body: Buffer.from("signed"), persistent: false, userId });
    const { receiver } = await receive(await scene.connect(), queue);
    expect((await receiver.next()).userId).toBe(userId);
  });

  test("is still vouched for in the dead letters", async ({ scene }) => {
    const broker = await scene.connect();
    const deadLetterQueue = await scene.queue(broker);
    const queue = await scene.queue(broker, { deadLetterQueue });
    await broker.publish({ queue, body: Buffer.from("signed"), persistent: false, userId });
    const { receiver } = await receive(broker, queue);
    (await receiver.next()).nack(false);
    const dead = await receive(broker, deadLetterQueue);
    expect((await dead.receiver.next()).userId).toBe(userId);
  });

  test("is null where the message names nobody", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "unsigned");
    const { receiver } = await receive(broker, queue);
    expect((await receiver.next()).userId).toBeNull();
  });

  test("cannot be that of somebody else, and who tries can go on", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const forged = { queue, body: Buffer.from("forged"), persistent: false, userId: `not-${userId}` };
    await expect(broker.publish(forged)).rejects.toMatchObject({ code: "access_refused" });
    await send(broker, queue, "honest");
    const { receiver } = await receive(broker, queue);
    expect(texts([await receiver.next()])).toEqual(["honest"]);
  });
}

function unknownUsers(test: ContractTest): void {
  test("is null, since this broker vouches for nobody", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await broker.publish({ queue, body: Buffer.from("signed"), persistent: false, userId: "anyone" });
    const { receiver } = await receive(broker, queue);
    expect((await receiver.next()).userId).toBeNull();
  });
}
