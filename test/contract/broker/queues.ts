import { describe, expect } from "vitest";
import { texts } from "./receiver.ts";
import { becomesUnroutable, type ContractTest, figuresBecome, receive, send } from "./scene.ts";

export function queuesContract(test: ContractTest): void {
  describe("declaring a queue", () => declaring(test));
  describe("inspecting a queue", () => inspecting(test));
  describe("deleting a queue", () => deleting(test));
  describe("the lifetime of a queue", () => lifetimes(test));
  describe("a queue with a single active consumer", () => singleActive(test));
  describe("the content of a queue", () => contents(test));
}

function contents(test: ContractTest): void {
  for (const content of ["record", "copies"] as const) {
    test(`${content}: messages come in order and come back, whoever declared the queue`, async ({
      scene,
    }) => {
      const broker = await scene.connect();
      const deadLetterQueue = await scene.queue(broker, { content: "record" });
      const options = { deadLetterQueue, content };
      const queue = await scene.queue(broker, options);
      await (await scene.connect()).declareQueue(queue, { lifetime: "durable", ...options });
      await send(broker, queue, "a", "b", "c");
      const first = await receive(broker, queue, 2);
      const [a] = await first.receiver.take(2);
      a!.nack(false);
      await first.consumer.release();
      const second = await receive(broker, queue);
      expect(texts(await second.receiver.take(2))).toEqual(["b", "c"]);
      const dead = await receive(broker, deadLetterQueue);
      expect(texts([await dead.receiver.next()])).toEqual(["a"]);
    });
  }

  test("left out is that of copies", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "durable", content: "copies" });
  });

  test("of an open queue is sent and read as that of any other, and goes with it", async ({ scene }) => {
    const broker = await scene.connect();
    const options = { content: "record", open: true } as const;
    const queue = await scene.queue(broker, options);
    await broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "durable", ...options });
    await send(broker, queue, "a");
    const { receiver } = await receive(broker, queue);
    expect(texts([await receiver.next()])).toEqual(["a"]);
    await broker.deleteQueue(queue);
    expect(await send(broker, queue, "late")).toEqual(["unroutable"]);
  });
}

function singleActive(test: ContractTest): void {
  test("gives all to the consumer that came first, and the rest to the next one when that has ended", async ({
    scene,
  }) => {
    const owner = await scene.connect();
    const successor = await scene.connect();
    const queue = await scene.queue(owner, { singleActiveConsumer: true });
    const first = await receive(owner, queue, 2);
    const second = await receive(successor, queue, 10);
    await send(owner, queue, "a", "b", "c", "d");
    expect(texts(await first.receiver.take(2))).toEqual(["a", "b"]);
    // Those in reserve may be counted or not, so the second one is known to have got nothing by what waits.
    await expect.poll(async () => (await owner.inspectQueue(queue))?.waiting).toBe(2);
    expect(second.receiver.messages).toEqual([]);
    await first.consumer.release();
    expect(texts(await second.receiver.take(4))).toEqual(["a", "b", "c", "d"]);
  });

  test("is another queue than one whose consumers compete", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker, { singleActiveConsumer: true });
    const competing = { deadLetterQueue: null, lifetime: "durable" } as const;
    await expect(broker.declareQueue(queue, competing)).rejects.toMatchObject({ code: "queue_mismatch" });
    await broker.declareQueue(queue, { ...competing, singleActiveConsumer: true });
  });
}

function declaring(test: ContractTest): void {
  test("again with the same options keeps what waits in it", async ({ scene }) => {
    const broker = await scene.connect();
    const deadLetterQueue = await scene.queue(broker);
    const queue = await scene.queue(broker, { deadLetterQueue });
    await send(broker, queue, "kept");
    await broker.declareQueue(queue, { deadLetterQueue, lifetime: "durable" });
    await (await scene.connect()).declareQueue(queue, { deadLetterQueue, lifetime: "durable" });
    const { receiver } = await receive(broker, queue);
    expect(texts([await receiver.next()])).toEqual(["kept"]);
  });

  test("with other options rejects, and the connection can go on", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue);
    const otherDeadLetters = { deadLetterQueue: scene.queueName(), lifetime: "durable" } as const;
    await expect(broker.declareQueue(queue, otherDeadLetters)).rejects.toMatchObject({
      code: "queue_mismatch",
    });
    const otherLifetime = { deadLetterQueue: null, lifetime: "session" } as const;
    await expect(broker.declareQueue(queue, otherLifetime)).rejects.toMatchObject({ code: "queue_mismatch" });
    expect(await send(broker, queue, "unharmed")).toEqual(["queued"]);
    expect(texts([await receiver.next()])).toEqual(["unharmed"]);
  });
}

function inspecting(test: ContractTest): void {
  test("that does not exist gives null, and the connection can go on", async ({ scene }) => {
    const broker = await scene.connect();
    expect(await broker.inspectQueue(scene.queueName())).toBeNull();
    const queue = await scene.queue(broker);
    expect(await broker.inspectQueue(queue)).toEqual({ waiting: 0, consumers: 0 });
  });

  test("counts its consumers, and the messages that are with none of them", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "a", "b", "c", "d");
    await figuresBecome(broker, queue, { waiting: 4, consumers: 0 });
    const first = await receive(broker, queue, 1);
    const second = await receive(await scene.connect(), queue, 2);
    await figuresBecome(broker, queue, { waiting: 1, consumers: 2 });
    await second.consumer.release();
    await figuresBecome(broker, queue, { waiting: 3, consumers: 1 });
    await first.consumer.release();
    await figuresBecome(broker, queue, { waiting: 4, consumers: 0 });
  });
}

function deleting(test: ContractTest): void {
  test("drops what waits in it, and nothing can be sent to it", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "dropped");
    await broker.deleteQueue(queue);
    expect(await send(broker, queue, "late")).toEqual(["unroutable"]);
    await broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "durable" });
    await send(broker, queue, "first of the new queue");
    const { receiver } = await receive(broker, queue);
    expect(texts([await receiver.next()])).toEqual(["first of the new queue"]);
  });

  test("that does not exist is no error", async ({ scene }) => {
    const broker = await scene.connect();
    await broker.deleteQueue(scene.queueName());
  });

  test("cancels its consumers, on whatever connection they are", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const near = await receive(broker, queue);
    const far = await receive(await scene.connect(), queue);
    await broker.deleteQueue(queue);
    expect(await near.consumer.ended).toBe("queue_deleted");
    expect(await far.consumer.ended).toBe("queue_deleted");
  });

  test("makes settling what came from it meaningless, and harmless", async ({ scene }) => {
    const broker = await scene.connect();
    const deadLetterQueue = await scene.queue(broker);
    const queue = await scene.queue(broker, { deadLetterQueue });
    await send(broker, queue, "a", "b", "c", "d");
    const cancelled = await receive(broker, queue, 1);
    const heldOn = await cancelled.receiver.next();
    await cancelled.consumer.cancel();
    const { consumer, receiver } = await receive(broker, queue);
    const [first, second, third] = await receiver.take(3);
    await broker.deleteQueue(queue);
    await consumer.ended;
    heldOn.nack(false);
    first!.ack();
    second!.nack(true);
    third!.nack(false);
    await consumer.release();
    await cancelled.consumer.release();
    await send(broker, deadLetterQueue, "only this");
    const dead = await receive(broker, deadLetterQueue);
    expect(texts([await dead.receiver.next()])).toEqual(["only this"]);
  });
}

function lifetimes(test: ContractTest): void {
  test("a durable queue keeps its messages when the connection stops that made and consumed it", async ({
    scene,
  }) => {
    const first = await scene.connect();
    const queue = await scene.queue(first);
    await receive(first, queue, 1);
    await send(first, queue, "a", "b");
    await first.stop();
    const { receiver } = await receive(await scene.connect(), queue);
    expect(texts(await receiver.take(2))).toEqual(["a", "b"]);
  });

  test("a session queue is there while it is consumed, and goes after its connection has stopped", async ({
    scene,
  }) => {
    const tentacle = await scene.connect();
    const dispatcher = await scene.connect();
    const queue = await scene.queue(tentacle, { lifetime: "session" });
    const { receiver } = await receive(tentacle, queue);
    expect(await send(dispatcher, queue, "welcome")).toEqual(["queued"]);
    expect(texts([await receiver.next()])).toEqual(["welcome"]);
    await tentacle.stop();
    await becomesUnroutable(dispatcher, queue);
  });

  test("a session queue may be declared by another connection than its consumer's", async ({ scene }) => {
    const tentacle = await scene.connect();
    const dispatcher = await scene.connect();
    const queue = await scene.queue(dispatcher, { lifetime: "session" });
    const { consumer, receiver } = await receive(tentacle, queue);
    await send(dispatcher, queue, "welcome");
    expect(texts([await receiver.next()])).toEqual(["welcome"]);
    await consumer.release();
    await tentacle.stop();
    await becomesUnroutable(dispatcher, queue);
  });

  test("a session queue that another connection still consumes stays", async ({ scene }) => {
    const first = await scene.connect();
    const second = await scene.connect();
    const queue = await scene.queue(first, { lifetime: "session" });
    await receive(first, queue);
    const { receiver } = await receive(second, queue);
    await first.stop();
    expect(await send(second, queue, "still here")).toEqual(["queued"]);
    expect(texts([await receiver.next()])).toEqual(["still here"]);
  });
}
