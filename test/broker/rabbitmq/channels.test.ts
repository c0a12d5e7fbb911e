import { connect } from "amqplib";
import { describe, expect } from "vitest";
import { marked, Receiver, texts } from "../../contract/broker/receiver.ts";
import { figuresBecome, receive, send } from "../../contract/broker/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRabbitmq } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { LogBook, outcomeOf, rabbitmqScene } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRabbitmq()) };
const sizeMax = 100_000;

describe("a channel that RabbitMQ closes", options, () => {
  const rabbitmq = rabbitmqScene({
    config: {
      consumer_timeout: 1_500,
      max_message_size: sizeMax,
      // As many as a connection of 10,000 consumers must not need.
      channel_max: 32,
    },
    // How often it looks for deliveries that are held too long; a minute unless it is set.
    hidden: { channel_tick_interval: 500 },
  });
  const { test } = rabbitmq;

  /** As `declareQueue` would, but with the server's own consumer timeout, in whatever version. */
  async function impatientQueue(name: string): Promise<void> {
    const model = await connect(rabbitmq.server.url);
    const channel = await model.createChannel();
    await channel.assertQueue(name, { durable: true, arguments: { "x-queue-type": "classic" } });
    await model.close();
  }

  test("for a delivery that was held too long gives it to the same consumer again, and old acks do nothing", async ({
    scene,
  }) => {
    const broker = await scene.connect();
    const queue = scene.queueName();
    await impatientQueue(queue);
    const held = await receive(broker, queue, 1);
    const quiet = await scene.queue(broker);
    const neighbour = await receive(broker, quiet, 1);
    await send(broker, queue, "long", "after it");
    const first = await held.receiver.next();
    const again = await held.receiver.next();
    expect(marked([first, again])).toEqual(["long", "long+"]);
    first.ack();
    first.nack(false);
    again.ack();
    expect(texts([await held.receiver.next()])).toEqual(["after it"]);
    held.receiver.messages[2]!.ack();
    await figuresBecome(broker, queue, { waiting: 0, consumers: 1 });
    await send(broker, quiet, "unharmed");
    expect(texts([await neighbour.receiver.next()])).toEqual(["unharmed"]);
  });

  test("is not closed for a delivery that is held for long where the server can be told so", async ({
    scene,
  }) => {
    const logger = new LogBook();
    const broker = await rabbitmq.connect({ logger });
    const isPatient = !logger.lines.some((line) => line.includes("no consumer timeout"));
    const queue = await scene.queue(broker);
    const { receiver } = await receive(broker, queue);
    await send(broker, queue, "hours");
    await receiver.next();
    // Another connection whose delivery is held for as long, and later, shows that the time has passed.
    const impatient = scene.queueName();
    await impatientQueue(impatient);
    const other = await scene.connect();
    const sign = await receive(other, impatient);
    await send(other, impatient, "seconds");
    expect(marked(await sign.receiver.take(2))).toEqual(["seconds", "seconds+"]);
    expect(marked(receiver.messages)).toEqual(isPatient ? ["hours"] : ["hours", "hours+"]);
  });

  test("for a message that is too large costs no other message its honest outcome", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const bodies = [10, sizeMax + 1, 20].map((size) => Buffer.alloc(size));
    const outcomes = await Promise.all(
      bodies.map((body) => outcomeOf(broker.publish({ queue, body, persistent: false }))),
    );
    expect(["queued", "outcome_unknown"]).toContain(outcomes[0]);
    expect(outcomes.slice(1)).toEqual(["access_refused", "broker_unreachable"]);
    expect(await send(broker, queue, "next")).toEqual(["queued"]);
  });

  test("is one of few: many consumers share it, each with its own prefetch", async ({ scene }) => {
    const broker = await scene.connect();
    const queues = await Promise.all(Array.from({ length: 1_000 }, () => scene.queue(broker)));
    const received = new Map<string, number>();
    const receiver = new Receiver(({ queue }) => received.set(queue, (received.get(queue) ?? 0) + 1));
    await Promise.all(
      queues.map((queue, index) => broker.consume(queue, { prefetch: 1 + (index % 3) }, receiver.handler)),
    );
    await Promise.all(queues.map((queue) => send(broker, queue, "a", "b", "c", "d")));
    await receiver.take(1_999);
    await figuresBecome(broker, queues[0]!, { waiting: 3, consumers: 1 });
    expect([received.get(queues[0]!), received.get(queues[1]!), received.get(queues[2]!)]).toEqual([1, 2, 3]);
    for (const message of receiver.messages) message.ack();
    await eventually("the next ones come", () => receiver.messages.length >= 3_300);
  });
});

describe("sending to RabbitMQ", options, () => {
  const rabbitmq = rabbitmqScene();
  const { test } = rabbitmq;
  const shortOfMemory = (is: boolean): Promise<string> =>
    rabbitmq.server.ctl("set_vm_memory_high_watermark", is ? "0" : "0.6");

  test("more than amqplib takes at once keeps the order of the calls", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const numbers = Array.from({ length: 30_000 }, (_, index) => String(index));
    const receiver = new Receiver((message) => message.ack());
    await broker.consume(queue, { prefetch: 1_000 }, receiver.handler);
    const outcomes = await send(broker, queue, ...numbers);
    expect(new Set(outcomes)).toEqual(new Set(["queued"]));
    expect(texts(await receiver.take(numbers.length))).toEqual(numbers);
  });

  test("more than it may keep in memory is refused at once, and nothing else is", async ({ scene }) => {
    const broker = await rabbitmq.connect({ bufferedBytesMax: 1_000_000 });
    const queue = await scene.queue(broker);
    const body = Buffer.alloc(10_000);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () => outcomeOf(broker.publish({ queue, body, persistent: false }))),
    );
    const queued = outcomes.filter((outcome) => outcome === "queued").length;
    expect(queued).toBe(97);
    expect(outcomes.slice(queued)).toEqual(Array.from({ length: 200 - queued }, () => "broker_unreachable"));
    await figuresBecome(broker, queue, { waiting: queued, consumers: 0 });
    expect(await send(broker, queue, "room again")).toEqual(["queued"]);
  });

  test("while it is short of memory waits, in order and within bounds, and acks are heard", async ({
    scene,
  }) => {
    const broker = await rabbitmq.connect({ bufferedBytesMax: 100_000 });
    const queue = await scene.queue(broker);
    await send(broker, queue, "a", "b");
    const { receiver, consumer } = await receive(broker, queue, 2);
    const [first] = await receiver.take(2);
    await shortOfMemory(true);
    const numbers = Array.from({ length: 1_000 }, (_, index) => String(index));
    const publishes = numbers.map((text) =>
      outcomeOf(broker.publish({ queue, body: Buffer.from(text), persistent: false })),
    );
    first!.ack();
    await consumer.release();
    await figuresBecome(broker, queue, { waiting: 1, consumers: 0 });
    await shortOfMemory(false);
    const outcomes = await Promise.all(publishes);
    const kept = numbers.filter((_, index) => outcomes[index] === "queued");
    expect(kept.length).toBeGreaterThan(300);
    expect(outcomes.slice(kept.length)).toEqual(numbers.slice(kept.length).map(() => "broker_unreachable"));
    const after = await receive(broker, queue, 2_000);
    expect(texts(await after.receiver.take(kept.length + 1))).toEqual(["b", ...kept]);
  });

  test("while it is short of memory ends after the confirm timeout, with what is known of each", async ({
    scene,
  }) => {
    const logger = new LogBook();
    const broker = await rabbitmq.connect({ confirmTimeoutMs: 1_000, logger });
    const queue = await scene.queue(broker);
    await shortOfMemory(true);
    const body = Buffer.from("?");
    expect(await outcomeOf(broker.publish({ queue, body, persistent: false }))).toBe("outcome_unknown");
    await eventually("it knows", () => logger.lines.some((line) => line.includes("takes no messages")));
    expect(await outcomeOf(broker.publish({ queue, body, persistent: false }))).toBe("broker_unreachable");
    await shortOfMemory(false);
    await figuresBecome(broker, queue, { waiting: 1, consumers: 0 });
    expect(await send(broker, queue, "again")).toEqual(["queued"]);
  });

  test("without an answer from a server that stands still ends after the confirm timeout", async ({
    scene,
  }) => {
    const broker = await rabbitmq.connect({ confirmTimeoutMs: 1_000 });
    const queue = await scene.queue(broker);
    rabbitmq.server.pause();
    try {
      const publish = outcomeOf(broker.publish({ queue, body: Buffer.from("?"), persistent: false }));
      const figures = broker.inspectQueue(queue).catch((error: { code: string }) => error.code);
      expect([await publish, await figures]).toEqual(["outcome_unknown", "broker_unreachable"]);
    } finally {
      rabbitmq.server.resume();
    }
    expect(await send(broker, queue, "again")).toEqual(["queued"]);
  });
});
