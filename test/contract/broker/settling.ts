import type { Broker } from "@berth/broker";
import { describe, expect } from "vitest";
import { marked, Receiver, texts } from "./receiver.ts";
import { type Consumption, type ContractTest, figuresBecome, receive, type Scene, send } from "./scene.ts";

export function settlingContract(test: ContractTest): void {
  describe("ack", () => acking(test));
  describe("nack with requeue", () => requeueing(test));
  describe("nack without requeue", () => deadLettering(test));
  describe("a handler that throws", () => throwing(test));
  describe("settling twice or too late", () => settlingInVain(test));
}

/** What the queue still holds, in order; empties it. */
async function remains(broker: Broker, queue: string): Promise<string[]> {
  const { receiver } = await receive(broker, queue);
  await send(broker, queue, "end");
  while ((await receiver.next()).body.toString() !== "end");
  return marked(receiver.messages).slice(0, -1);
}

async function holding(
  scene: Scene,
  bodies: readonly string[],
  prefetch: number = bodies.length,
): Promise<Consumption & { broker: Broker; queue: string; deadLetterQueue: string }> {
  const broker = await scene.connect();
  const deadLetterQueue = await scene.queue(broker);
  const queue = await scene.queue(broker, { deadLetterQueue });
  await send(broker, queue, ...bodies);
  return { broker, queue, deadLetterQueue, ...(await receive(broker, queue, prefetch)) };
}

function acking(test: ContractTest): void {
  test("is the end of the message, in whatever order the acks come", async ({ scene }) => {
    const { broker, queue, consumer, receiver } = await holding(scene, ["a", "b", "c", "d", "e"]);
    const [, second, third, , fifth] = await receiver.take(5);
    fifth!.ack();
    second!.ack();
    third!.ack();
    await consumer.release();
    expect(await remains(broker, queue)).toEqual(["a+", "d+"]);
  });

  test("may come within the handler or long after it", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const receiver = new Receiver((message) => {
      if (message.body.toString() === "at once") message.ack();
    });
    const consumer = await broker.consume(queue, { prefetch: 10 }, receiver.handler);
    await send(broker, queue, "later", "at once");
    const [later] = await receiver.take(2);
    await send(broker, queue, "something else");
    await receiver.next();
    later!.ack();
    await consumer.release();
    expect(await remains(broker, queue)).toEqual(["something else+"]);
  });
}

function requeueing(test: ContractTest): void {
  test("puts the message ahead of all that was not delivered yet, marked as redelivered", async ({
    scene,
  }) => {
    const { receiver } = await holding(scene, ["a", "b", "c", "d"], 2);
    const [first, second] = await receiver.take(2);
    first!.nack(true);
    const again = await receiver.next();
    expect(marked([again])).toEqual(["a+"]);
    second!.ack();
    again.ack();
    expect(marked(await receiver.take(2))).toEqual(["c", "d"]);
  });

  test("keeps the order of messages that are given back in order", async ({ scene }) => {
    const { broker, queue, consumer, receiver } = await holding(scene, ["a", "b", "c", "d", "e"], 3);
    const messages = await receiver.take(3);
    await consumer.cancel();
    for (const message of messages) message.nack(true);
    await figuresBecome(broker, queue, { waiting: 5, consumers: 0 });
    expect(await remains(broker, queue)).toEqual(["a+", "b+", "c+", "d", "e"]);
  });

  test("gives the message to another consumer when this one is cancelled", async ({ scene }) => {
    const { queue, consumer, receiver } = await holding(scene, ["a"]);
    const message = await receiver.next();
    await consumer.cancel();
    const other = await receive(await scene.connect(), queue);
    message.nack(true);
    expect(marked([await other.receiver.next()])).toEqual(["a+"]);
  });

  test("any number of times does not use the message up", async ({ scene }) => {
    const { broker, queue, deadLetterQueue, consumer, receiver } = await holding(scene, ["a"]);
    // RabbitMQ 4 gives a message up after 20 deliveries unless it is told otherwise.
    for (let times = 0; times < 50; times += 1) (await receiver.next()).nack(true);
    (await receiver.next()).ack();
    await consumer.release();
    expect(await remains(broker, queue)).toEqual([]);
    expect(await remains(broker, deadLetterQueue)).toEqual([]);
  });
}

function deadLettering(test: ContractTest): void {
  test("moves the message to the end of the dead-letter queue", async ({ scene }) => {
    const { broker, queue, deadLetterQueue, consumer, receiver } = await holding(scene, ["a", "b", "c"]);
    const [first, second] = await receiver.take(3);
    await send(broker, deadLetterQueue, "an older one");
    second!.nack(false);
    await figuresBecome(broker, deadLetterQueue, { waiting: 2, consumers: 0 });
    first!.nack(false);
    const dead = await receive(broker, deadLetterQueue);
    const messages = await dead.receiver.take(3);
    expect(texts(messages)).toEqual(["an older one", "b", "a"]);
    expect(messages[1]!.queue).toBe(deadLetterQueue);
    await consumer.release();
    expect(await remains(broker, queue)).toEqual(["c+"]);
  });

  test("drops the message where there is no dead-letter queue", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { consumer, receiver } = await receive(broker, queue);
    await send(broker, queue, "a", "b");
    const [first] = await receiver.take(2);
    first!.nack(false);
    await consumer.release();
    expect(await remains(broker, queue)).toEqual(["b+"]);
  });

  test("drops the message where the dead-letter queue does not exist", async ({ scene }) => {
    const { broker, queue, deadLetterQueue, consumer, receiver } = await holding(scene, ["a", "b"]);
    await broker.deleteQueue(deadLetterQueue);
    const [first] = await receiver.take(2);
    first!.nack(false);
    await consumer.release();
    expect(await remains(broker, queue)).toEqual(["b+"]);
    expect(await broker.inspectQueue(deadLetterQueue)).toBeNull();
  });
}

function throwing(test: ContractTest): void {
  test("sends the message to the dead letters, and goes on with the next", async ({ scene }) => {
    const broker = await scene.connect();
    const deadLetterQueue = await scene.queue(broker);
    const queue = await scene.queue(broker, { deadLetterQueue });
    const receiver = new Receiver((message) => {
      if (message.body.toString() === "bad") throw new Error("thrown by the test's handler");
      message.ack();
    });
    const consumer = await broker.consume(queue, { prefetch: 1 }, receiver.handler);
    await send(broker, queue, "good", "bad", "good too");
    expect(texts(await receiver.take(3))).toEqual(["good", "bad", "good too"]);
    const dead = await receive(broker, deadLetterQueue);
    expect(texts([await dead.receiver.next()])).toEqual(["bad"]);
    await consumer.release();
    expect(await remains(broker, queue)).toEqual([]);
  });

  test("after it has settled the message changes nothing", async ({ scene }) => {
    const broker = await scene.connect();
    const deadLetterQueue = await scene.queue(broker);
    const queue = await scene.queue(broker, { deadLetterQueue });
    const receiver = new Receiver((message) => {
      message.ack();
      throw new Error("thrown by the test's handler");
    });
    const consumer = await broker.consume(queue, { prefetch: 1 }, receiver.handler);
    await send(broker, queue, "a", "b");
    await receiver.take(2);
    await consumer.release();
    expect(await remains(broker, queue)).toEqual([]);
    expect(await remains(broker, deadLetterQueue)).toEqual([]);
  });
}

function settlingInVain(test: ContractTest): void {
  test("is ignored for a message that is settled", async ({ scene }) => {
    const { broker, queue, deadLetterQueue, consumer, receiver } = await holding(scene, ["a", "b"]);
    const [first, second] = await receiver.take(2);
    first!.ack();
    first!.ack();
    first!.nack(true);
    first!.nack(false);
    await send(broker, queue, "the consumer lives on");
    await receiver.next();
    second!.nack(true);
    second!.ack();
    second!.nack(false);
    expect(marked([await receiver.next()])).toEqual(["b+"]);
    await consumer.release();
    expect((await remains(broker, queue)).sort()).toEqual(["b+", "the consumer lives on+"]);
    expect(await remains(broker, deadLetterQueue)).toEqual([]);
  });

  test("is ignored for a message that was released, also while another consumer has it", async ({
    scene,
  }) => {
    const { broker, queue, deadLetterQueue, consumer, receiver } = await holding(scene, ["a", "b", "c"]);
    const [first, second, third] = await receiver.take(3);
    await consumer.release();
    const other = await receive(broker, queue);
    await other.receiver.take(3);
    first!.ack();
    second!.nack(true);
    third!.nack(false);
    await other.consumer.release();
    expect(await remains(broker, queue)).toEqual(["a+", "b+", "c+"]);
    expect(await remains(broker, deadLetterQueue)).toEqual([]);
  });

  test("is ignored for a message whose connection was stopped", async ({ scene }) => {
    const { broker, queue, deadLetterQueue, receiver } = await holding(scene, ["a", "b", "c"]);
    const [first, second, third] = await receiver.take(3);
    await broker.stop();
    first!.ack();
    second!.nack(true);
    third!.nack(false);
    const other = await scene.connect();
    expect(await remains(other, queue)).toEqual(["a+", "b+", "c+"]);
    expect(await remains(other, deadLetterQueue)).toEqual([]);
  });
}
