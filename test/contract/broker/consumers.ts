import { setImmediate } from "node:timers/promises";
import { describe, expect } from "vitest";
import { marked, Receiver, texts } from "./receiver.ts";
import { type ContractTest, figuresBecome, receive, send } from "./scene.ts";

export function consumersContract(test: ContractTest): void {
  describe("starting a consumer", () => starting(test));
  describe("prefetch", () => prefetching(test));
  describe("several consumers of a queue", () => sharing(test));
  describe("cancelling a consumer", () => cancelling(test));
  describe("releasing a consumer", () => releasing(test));
}

function starting(test: ContractTest): void {
  test("of a queue that does not exist rejects, and the connection can go on", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue);
    const attempt = broker.consume(scene.queueName(), { prefetch: 1 }, () => {});
    await expect(attempt).rejects.toMatchObject({ code: "queue_unknown" });
    await send(broker, queue, "unharmed");
    expect(texts([await receiver.next()])).toEqual(["unharmed"]);
  });

  test("with an impossible prefetch rejects", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    for (const prefetch of [0, -1, 1.5, 65_536]) {
      await expect(broker.consume(queue, { prefetch }, () => {})).rejects.toThrow(RangeError);
    }
    expect(await broker.inspectQueue(queue)).toEqual({ waiting: 0, consumers: 0 });
  });

  test("whose handler feeds its own queue without end starves neither another queue nor the process", async ({
    scene,
  }) => {
    const broker = await scene.connect();
    const busy = await scene.queue(broker);
    const quiet = await scene.queue(broker);
    const feeding = new Receiver((message) => {
      message.ack();
      // Once more at the end of the test there is nobody to wait for it.
      broker.publish({ queue: busy, body: message.body, persistent: false }).catch(() => {});
    });
    const consumer = await broker.consume(busy, { prefetch: 10 }, feeding.handler);
    await send(broker, busy, "round", "and", "round");
    await feeding.take(100);
    const { receiver } = await receive(broker, quiet);
    for (let times = 0; times < 20; times += 1) {
      await send(broker, quiet, String(times));
      (await receiver.next()).ack();
      await setImmediate();
    }
    const roundsSoFar = feeding.messages.length;
    await expect.poll(() => feeding.messages.length).toBeGreaterThan(roundsSoFar);
    await consumer.cancel();
  });
}

function prefetching(test: ContractTest): void {
  test("is exactly how many messages may be unsettled", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue, 3);
    await send(broker, queue, "a", "b", "c", "d", "e", "f");
    await receiver.take(3);
    await figuresBecome(broker, queue, { waiting: 3, consumers: 1 });
    expect(texts(receiver.messages)).toEqual(["a", "b", "c"]);
  });

  test("lets one message follow for each that is settled, in whatever way", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue, 2);
    await send(broker, queue, "a", "b", "c", "d", "e", "f");
    const [first, second] = await receiver.take(2);
    second!.ack();
    expect(marked([await receiver.next()])).toEqual(["c"]);
    first!.nack(false);
    expect(marked([await receiver.next()])).toEqual(["d"]);
    receiver.messages[2]!.nack(true);
    expect(marked([await receiver.next()])).toEqual(["c+"]);
    await figuresBecome(broker, queue, { waiting: 2, consumers: 1 });
    expect(receiver.messages).toHaveLength(5);
  });

  test("is each consumer's own, also of those on one connection", async ({ scene }) => {
    const broker = await scene.connect();
    const narrowQueue = await scene.queue(broker);
    const wideQueue = await scene.queue(broker);
    const narrow = await receive(broker, narrowQueue, 1);
    const wide = await receive(broker, wideQueue, 4);
    await send(broker, narrowQueue, "a", "b", "c", "d", "e");
    await send(broker, wideQueue, "a", "b", "c", "d", "e");
    await narrow.receiver.take(1);
    await wide.receiver.take(4);
    await figuresBecome(broker, narrowQueue, { waiting: 4, consumers: 1 });
    await figuresBecome(broker, wideQueue, { waiting: 1, consumers: 1 });
    expect([narrow.receiver.messages.length, wide.receiver.messages.length]).toEqual([1, 4]);
  });
}

function sharing(test: ContractTest): void {
  test("get each message once, and each consumer as many as it has room for", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const consumptions = await Promise.all(
      [broker, broker, await scene.connect()].map((connection) => receive(connection, queue, 2)),
    );
    const bodies = ["a", "b", "c", "d", "e", "f"];
    await send(broker, queue, ...bodies);
    const received = await Promise.all(consumptions.map(({ receiver }) => receiver.take(2)));
    expect(texts(received.flat()).sort()).toEqual(bodies);
  });

  test("do not wait for one that is busy", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const busy = await receive(broker, queue, 1);
    await send(broker, queue, "kept");
    await busy.receiver.next();
    const free = new Receiver((message) => message.ack());
    await (await scene.connect()).consume(queue, { prefetch: 1 }, free.handler);
    await send(broker, queue, "a", "b", "c", "d");
    expect(texts(await free.take(4))).toEqual(["a", "b", "c", "d"]);
    expect(busy.receiver.messages).toHaveLength(1);
  });
}

function cancelling(test: ContractTest): void {
  test("stops its messages, and leaves it what it has to settle", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { consumer, receiver } = await receive(broker, queue, 10);
    await send(broker, queue, "a", "b");
    const [first] = await receiver.take(2);
    await consumer.cancel();
    expect(await consumer.ended).toBe("cancelled");
    const other = await receive(broker, queue, 10);
    await send(broker, queue, "c");
    expect(marked([await other.receiver.next()])).toEqual(["c"]);
    first!.ack();
    await consumer.release();
    expect(marked([await other.receiver.next()])).toEqual(["b+"]);
    expect(texts(receiver.messages)).toEqual(["a", "b"]);
  });

  test("twice, or after a release, is no error", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { consumer } = await receive(broker, queue);
    await Promise.all([consumer.cancel(), consumer.cancel()]);
    await consumer.release();
    await consumer.cancel();
    await figuresBecome(broker, queue, { waiting: 0, consumers: 0 });
  });

  test("leaves other consumers of the connection alone", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { consumer } = await receive(broker, queue);
    const other = await receive(broker, queue);
    await consumer.cancel();
    await send(broker, queue, "a", "b");
    expect(texts(await other.receiver.take(2))).toEqual(["a", "b"]);
  });
}

function releasing(test: ContractTest): void {
  test("gives what is unsettled back ahead of the rest in its old order, marked as redelivered", async ({
    scene,
  }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "a", "b", "c", "d", "e", "f");
    const { consumer, receiver } = await receive(broker, queue, 4);
    await receiver.take(4);
    await consumer.release();
    expect(await consumer.ended).toBe("cancelled");
    const other = await receive(broker, queue, 10);
    expect(marked(await other.receiver.take(6))).toEqual(["a+", "b+", "c+", "d+", "e", "f"]);
  });

  test("leaves alone what other consumers of the connection hold", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const first = await receive(broker, queue, 1);
    await send(broker, queue, "a");
    await first.receiver.next();
    const second = await receive(broker, queue, 1);
    await send(broker, queue, "b");
    const held = await second.receiver.next();
    await first.consumer.release();
    held.ack();
    expect(marked([await second.receiver.next()])).toEqual(["a+"]);
  });

  test("twice is no error and gives nothing back a second time", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await send(broker, queue, "a", "b");
    const { consumer, receiver } = await receive(broker, queue);
    await receiver.take(2);
    await Promise.all([consumer.release(), consumer.release()]);
    await consumer.release();
    await figuresBecome(broker, queue, { waiting: 2, consumers: 0 });
  });
}
