import type { Broker } from "@berth/broker";
import { describe, expect } from "vitest";
import { marked, texts } from "./receiver.ts";
import { type ContractTest, figuresBecome, receive, send } from "./scene.ts";
import type { BrokerSubject } from "./subject.ts";

export function lifecycleContract(test: ContractTest, subject: BrokerSubject): void {
  describe("starting a connection", () => starting(test, subject));
  describe("stopping a connection", () => {
    refusing(test);
    releasing(test);
    settling(test);
  });
}

/** Each call that needs a running connection. */
function callsOf(broker: Broker, queue: string): (() => Promise<unknown>)[] {
  return [
    () => broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "durable" }),
    () => broker.deleteQueue(queue),
    () => broker.inspectQueue(queue),
    () => broker.publish({ queue, body: Buffer.alloc(0), persistent: false }),
    () => broker.consume(queue, { prefetch: 1 }, () => {}),
  ];
}

function starting(test: ContractTest, subject: BrokerSubject): void {
  test("twice, also at once, is the same as once", async ({ scene }) => {
    const broker = await scene.connection();
    await Promise.all([broker.start(), broker.start()]);
    await broker.start();
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue);
    await send(broker, queue, "once");
    expect(texts([await receiver.next()])).toEqual(["once"]);
  });

  test("comes before anything else: every other call rejects", async ({ scene }) => {
    const broker = await scene.connection();
    for (const call of callsOf(broker, scene.queueName())) {
      await expect(call()).rejects.toMatchObject({ name: "BrokerError", code: "broker_stopped" });
    }
  });

  test("gives a broker that can do what it says", async ({ scene }) => {
    const broker = await scene.connect();
    expect(broker.capabilities).toEqual(subject.capabilities);
    expect(broker.capabilities.authenticatesUsers).toBe(subject.userId !== null);
  });
}

function refusing(test: ContractTest): void {
  test("ends it: every call but stop rejects, start too", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await broker.stop();
    for (const call of [...callsOf(broker, queue), () => broker.start()]) {
      await expect(call()).rejects.toMatchObject({ name: "BrokerError", code: "broker_stopped" });
    }
  });

  test("twice, also at once, or one that was never started, is no error", async ({ scene }) => {
    const broker = await scene.connect();
    await Promise.all([broker.stop(), broker.stop()]);
    await broker.stop();
    await (await scene.connection()).stop();
  });
}

function releasing(test: ContractTest): void {
  test("gives back what its consumers had not settled, in its old order, marked as redelivered", async ({
    scene,
  }) => {
    const stopping = await scene.connect();
    const queue = await scene.queue(stopping);
    await send(stopping, queue, "a", "b", "c", "d");
    const { consumer, receiver } = await receive(stopping, queue, 3);
    await receiver.take(3);
    await stopping.stop();
    expect(await consumer.ended).toBe("broker_stopped");
    const other = await receive(await scene.connect(), queue);
    expect(marked(await other.receiver.take(4))).toEqual(["a+", "b+", "c+", "d"]);
  });

  test("gives back what a cancelled consumer still held", async ({ scene }) => {
    const stopping = await scene.connect();
    const queue = await scene.queue(stopping);
    await send(stopping, queue, "a", "b");
    const { consumer, receiver } = await receive(stopping, queue, 1);
    await receiver.next();
    await consumer.cancel();
    await stopping.stop();
    expect(await consumer.ended).toBe("cancelled");
    const other = await receive(await scene.connect(), queue);
    expect(marked(await other.receiver.take(2))).toEqual(["a+", "b"]);
  });

  test("leaves other connections and what they hold alone", async ({ scene }) => {
    const stopping = await scene.connect();
    const staying = await scene.connect();
    const queue = await scene.queue(stopping);
    const kept = await receive(staying, queue, 1);
    await send(staying, queue, "held");
    const held = await kept.receiver.next();
    await receive(stopping, queue, 1);
    await stopping.stop();
    await send(staying, queue, "next");
    held.ack();
    expect(marked([await kept.receiver.next()])).toEqual(["next"]);
    await figuresBecome(staying, queue, { waiting: 0, consumers: 1 });
  });

  test("after its consumers were cancelled or released is no error", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const cancelled = await receive(broker, queue);
    const released = await receive(broker, queue);
    await cancelled.consumer.cancel();
    await released.consumer.release();
    await broker.stop();
    await cancelled.consumer.release();
    await released.consumer.cancel();
  });
}

function settling(test: ContractTest): void {
  test("counts what was settled just before", async ({ scene }) => {
    const stopping = await scene.connect();
    const deadLetterQueue = await scene.queue(stopping);
    const queue = await scene.queue(stopping, { deadLetterQueue });
    // Fewer than the 32 commands that a quorum queue takes at once: it may forget what comes after them.
    const bodies = Array.from({ length: 21 }, (_, index) => String(index));
    await send(stopping, queue, ...bodies);
    const { receiver } = await receive(stopping, queue, 21);
    const messages = await receiver.take(21);
    for (const message of messages.slice(0, 10)) message.ack();
    for (const message of messages.slice(10, 20)) message.nack(false);
    await stopping.stop();
    const broker = await scene.connect();
    const left = await receive(broker, queue);
    expect(marked([await left.receiver.next()])).toEqual(["20+"]);
    const dead = await receive(broker, deadLetterQueue);
    expect(texts(await dead.receiver.take(10))).toEqual(bodies.slice(10, 20));
    expect(left.receiver.messages).toHaveLength(1);
  });

  test("leaves no publish without an answer, and what was answered with queued is there", async ({
    scene,
  }) => {
    const stopping = await scene.connect();
    const queue = await scene.queue(stopping);
    const answers: string[] = [];
    const bodies = Array.from({ length: 50 }, (_, index) => String(index));
    const publishes = bodies.map((body) =>
      stopping.publish({ queue, body: Buffer.from(body), persistent: false }).then(
        (outcome) => answers.push(`${outcome} ${body}`),
        (error: { code: string }) => answers.push(`${error.code} ${body}`),
      ),
    );
    await stopping.stop();
    expect(answers).toHaveLength(50);
    await Promise.all(publishes);
    const codes = new Set(answers.map((answer) => answer.split(" ")[0]));
    expect(["queued", "outcome_unknown", "broker_stopped"]).toEqual(expect.arrayContaining([...codes]));
    const queued = bodies.filter((body) => answers.includes(`queued ${body}`));
    const { receiver } = await receive(await scene.connect(), queue);
    const received = texts(await receiver.take(queued.length));
    expect(received).toEqual(expect.arrayContaining(queued));
  });
}
