import { setImmediate } from "node:timers/promises";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { describe, expect, onTestFinished } from "vitest";
import { marked, Receiver, texts } from "../../contract/broker/receiver.ts";
import { figuresBecome, receive, send } from "../../contract/broker/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRabbitmq } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { LogBook, outcomeOf, rabbitmqScene, recovered } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRabbitmq()) };

describe("a connection to RabbitMQ that is killed", options, () => {
  const rabbitmq = rabbitmqScene();
  const { test } = rabbitmq;
  const kill = (): Promise<string> => rabbitmq.server.ctl("close_all_connections", "test");

  test("comes back with its consumers, which get again what they held", async ({ scene }) => {
    const broker = await scene.connect();
    const queues = await Promise.all(Array.from({ length: 100 }, () => scene.queue(broker)));
    const receivers = await Promise.all(queues.map((queue) => receive(broker, queue, 2)));
    for (const queue of queues) await send(broker, queue, "held");
    const before = await Promise.all(receivers.map(({ receiver }) => receiver.next()));
    const back = recovered(broker);
    await kill();
    await back;
    for (const message of before) message.ack();
    for (const { receiver } of receivers) expect(marked([await receiver.next()])).toEqual(["held+"]);
    for (const { receiver } of receivers) receiver.messages[1]!.ack();
    for (const queue of queues) await figuresBecome(broker, queue, { waiting: 0, consumers: 1 });
    for (const { consumer } of receivers) await consumer.release();
    for (const queue of queues) await figuresBecome(broker, queue, { waiting: 0, consumers: 0 });
  });

  test("says of each message what became of it, and none that was confirmed is missing", async ({
    scene,
  }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker, { content: "record" });
    const outcomes = new Map<string, string>();
    let isSending = true;
    const sending = (async () => {
      for (let number = 0; isSending; number += 1) {
        const body = Buffer.from(String(number));
        const publish = outcomeOf(broker.publish({ queue, body, persistent: true }));
        void publish.then((outcome) => outcomes.set(String(number), outcome));
        if (number % 20 !== 0) continue;
        await publish;
        // A refusal needs no I/O, and this loop must not keep the process from reconnecting.
        await setImmediate();
      }
    })();
    for (let times = 0; times < 3; times += 1) {
      const back = recovered(broker);
      await kill();
      await back;
    }
    isSending = false;
    await sending;
    await send(broker, queue, "end");
    const other = new Receiver((message) => message.ack());
    await broker.consume(queue, { prefetch: 100 }, other.handler);
    await eventually("all are read", () => texts(other.messages).includes("end"));
    const received = texts(other.messages);
    const confirmed = [...outcomes].filter(([, outcome]) => outcome === "queued").map(([body]) => body);
    const known = new Set(received);
    expect(confirmed.filter((body) => !known.has(body))).toEqual([]);
    const numbers = received.slice(0, -1).map(Number);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    const possible = ["queued", "outcome_unknown", "broker_unreachable"];
    expect(possible).toEqual(expect.arrayContaining([...new Set(outcomes.values())]));
  });

  test("declares again what it had declared, and what the broker lost is there again", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker, { open: true });
    await rabbitmq.server.ctl("delete_queue", queue);
    expect(await send(broker, queue, "lost")).toEqual(["unroutable"]);
    const back = recovered(broker);
    await kill();
    await back;
    expect(await send(broker, queue, "there")).toEqual(["queued"]);
  });

  test("ends a consumer whose queue has gone meanwhile, and leaves the others", async ({ scene }) => {
    const owner = await scene.connect();
    const broker = await scene.connect();
    const queue = await scene.queue(owner);
    const gone = await scene.queue(owner);
    const kept = await receive(broker, queue);
    const ended = await receive(broker, gone);
    await owner.stop();
    const back = recovered(broker);
    await rabbitmq.server.shutDown();
    await rabbitmq.server.start();
    await back;
    await rabbitmq.server.ctl("delete_queue", gone);
    expect(await ended.consumer.ended).toBe("queue_deleted");
    await send(broker, queue, "on");
    expect(texts([await kept.receiver.next()])).toEqual(["on"]);
  });

  test("that is stopped while there is no server stops all the same", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const { consumer } = await receive(broker, queue);
    await rabbitmq.server.kill();
    const outcome = outcomeOf(broker.publish({ queue, body: Buffer.alloc(0), persistent: false }));
    await broker.stop();
    expect(["outcome_unknown", "broker_unreachable"]).toContain(await outcome);
    expect(await consumer.ended).toBe("broker_stopped");
    await rabbitmq.server.start();
  });
});

describe("starting a connection to RabbitMQ", options, () => {
  const rabbitmq = rabbitmqScene();
  const { test } = rabbitmq;

  test("with a wrong password is refused, and without a server is impossible, until there is one", async () => {
    const url = new URL(rabbitmq.server.url);
    url.password = "wrong";
    await expect(rabbitmq.connect({ url: url.href })).rejects.toMatchObject({ code: "access_refused" });
    await rabbitmq.server.shutDown();
    const broker = createRabbitmqBroker({ url: rabbitmq.server.url });
    onTestFinished(() => broker.stop());
    await expect(broker.start()).rejects.toMatchObject({ code: "broker_unreachable" });
    await rabbitmq.server.start();
    await broker.start();
    expect(await broker.inspectQueue("none")).toBeNull();
  });

  test("warns where the server knows no consumer timeout for each queue", async () => {
    const logger = new LogBook();
    await rabbitmq.connect({ logger });
    const [major = 0, minor = 0] = rabbitmq.server.version.split(".").map(Number);
    const isKnown = major > 3 || minor >= 12;
    expect(logger.lines.filter((line) => line.includes("consumer timeout"))).toHaveLength(isKnown ? 0 : 1);
  });
});
