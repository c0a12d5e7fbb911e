import type { Broker } from "@berth/broker";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { beforeAll, describe, expect, onTestFinished } from "vitest";
import { Receiver, texts } from "../../contract/broker/receiver.ts";
import { receive, send } from "../../contract/broker/scene.ts";
import { whyNoPrivateRabbitmq } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { outcomeOf, rabbitmqScene } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRabbitmq()) };
const user = "berth.space.a";
const [inbox, own, others] = ["berth/space/inbox", "berth/space/target/a", "berth/space/target/b"];
const session = "berth/space/session/a.1";

describe("a connection that is restricted", options, () => {
  const rabbitmq = rabbitmqScene();
  const { test } = rabbitmq;
  const urlOfUser = (): string => {
    const url = new URL(rabbitmq.server.url);
    url.username = user;
    url.password = "secret";
    return url.href;
  };
  const tentacle = (): Promise<Broker> => rabbitmq.connect({ url: urlOfUser(), restricted: true });
  /** The same user, with no port in between. */
  const bare = async (): Promise<ChannelModel> => {
    const model = await connect(urlOfUser());
    model.on("error", () => {});
    onTestFinished(() => model.close());
    return model;
  };

  beforeAll(async () => {
    const { server } = rabbitmq;
    await server.ctl("add_user", user, "secret");
    const read = "^berth/space/(target/(a)|session/a\\..*)$";
    await server.ctl("set_permissions", user, "", "^berth/space/inbox$", read);
  });

  /** The server's side: the queues are there, and what waited in them is not. */
  async function dispatcher(): Promise<Broker> {
    const broker = await rabbitmq.connect({ sessionQueueMs: 60_000 });
    for (const queue of [inbox, own, others, session]) await broker.deleteQueue(queue);
    const plain = { deadLetterQueue: null, lifetime: "durable" } as const;
    await broker.declareQueue(inbox, { ...plain, content: "record", open: true, singleActiveConsumer: true });
    await broker.declareQueue(own, plain);
    await broker.declareQueue(others, plain);
    await broker.declareQueue(session, { ...plain, lifetime: "session" });
    return broker;
  }

  test("sends to an open queue as its user, and reads its own queues", async () => {
    const server = await dispatcher();
    const broker = await tentacle();
    const read = await receive(server, inbox);
    const targets = await receive(broker, own);
    const orders = await receive(broker, session);
    expect(await send(broker, inbox, "report")).toEqual(["queued"]);
    expect((await read.receiver.next()).userId).toBe(user);
    await send(server, own, "delivery");
    await send(server, session, "order");
    expect(texts([await targets.receiver.next(), await orders.receiver.next()])).toEqual([
      "delivery",
      "order",
    ]);
    targets.receiver.messages[0]!.ack();
    orders.receiver.messages[0]!.nack(false);
  });

  test("looks for a queue where others declare it, and deletes none", async () => {
    const server = await dispatcher();
    const broker = await tentacle();
    await broker.declareQueue(own, { deadLetterQueue: "whatever", lifetime: "durable" });
    await expect(
      broker.declareQueue("berth/space/session/a.2", { deadLetterQueue: null, lifetime: "session" }),
    ).rejects.toMatchObject({ code: "queue_unknown" });
    await expect(broker.consume("berth/space/session/a.2", { prefetch: 1 }, () => {})).rejects.toMatchObject({
      code: "queue_unknown",
    });
    await broker.deleteQueue(own);
    expect(await server.inspectQueue(own)).toEqual({ waiting: 0, consumers: 0 });
  });

  test("is refused another target's queue, again and again, and what it holds of its own stays with it", async () => {
    const server = await dispatcher();
    const broker = await tentacle();
    const refused = (): Promise<unknown> =>
      expect(broker.consume(others, { prefetch: 1 }, () => {})).rejects.toMatchObject({
        code: "access_refused",
      });
    await refused();
    await send(server, own, "a", "b");
    const { receiver } = await receive(broker, own, 1);
    const [held] = await receiver.take(1);
    await refused();
    await refused();
    held!.ack();
    expect(texts([held!, await receiver.next()])).toEqual(["a", "b"]);
    expect(receiver.messages.map(({ redelivered }) => redelivered)).toEqual([false, false]);
  });

  test("is refused to send to another queue, and goes on with what it may", async () => {
    const server = await dispatcher();
    const broker = await tentacle();
    const reader = new Receiver((message) => message.ack());
    await server.consume(inbox, { prefetch: 10 }, reader.handler);
    const bodies = ["before", "after"].map((text) => Buffer.from(text));
    const outcomes = await Promise.all([
      outcomeOf(broker.publish({ queue: inbox, body: bodies[0]!, persistent: true })),
      outcomeOf(broker.publish({ queue: others, body: bodies[0]!, persistent: true })),
      outcomeOf(broker.publish({ queue: inbox, body: bodies[1]!, persistent: true })),
    ]);
    expect(["queued", "outcome_unknown"]).toContain(outcomes[0]);
    expect(outcomes.slice(1)).toEqual(["access_refused", "broker_unreachable"]);
    expect(await send(broker, inbox, "again")).toEqual(["queued"]);
    await reader.take(2);
    expect(texts(reader.messages)).toEqual(["before", "again"]);
    expect(await server.inspectQueue(others)).toEqual({ waiting: 0, consumers: 0 });
  });

  test("finds a message unroutable where there is no space of that name", async () => {
    const server = await dispatcher();
    const broker = await tentacle();
    await server.deleteQueue(inbox);
    expect(await send(broker, inbox, "anyone?")).toEqual(["unroutable"]);
    await server.declareQueue(inbox, {
      deadLetterQueue: null,
      lifetime: "durable",
      content: "record",
      open: true,
    });
    expect(await send(broker, inbox, "now")).toEqual(["queued"]);
  });

  test("has a user who can do no more without it", async () => {
    const server = await dispatcher();
    const refusal = (code: number, attempt: Promise<unknown>): Promise<void> =>
      expect(attempt).rejects.toMatchObject({ code });
    const refused = async (act: (channel: Channel) => Promise<unknown>): Promise<void> => {
      const channel = await (await bare()).createChannel();
      channel.on("error", () => {});
      await refusal(403, act(channel));
    };
    const body = Buffer.from("x");
    const sending = async (exchange: string, properties: object = {}): Promise<void> => {
      const channel = await (await bare()).createConfirmChannel();
      const closed = new Promise<never>((_, reject) => channel.on("error", reject));
      channel.publish(exchange, exchange === "" ? own : inbox, body, properties);
      await Promise.race([closed, channel.waitForConfirms().catch(() => closed)]);
    };
    await sending(inbox, { userId: user });
    await refusal(403, sending(""));
    await refusal(403, sending("amq.fanout"));
    await refusal(406, sending(inbox, { userId: "berth.space.b" }));
    await refusal(406, sending(inbox, { userId: "guest" }));
    await refused((channel) => channel.consume(others, () => {}));
    await refused((channel) => channel.consume(inbox, () => {}));
    await refused((channel) => channel.get(others));
    await refused((channel) => channel.purgeQueue(others));
    await refused((channel) => channel.assertQueue(own));
    await refused((channel) => channel.deleteQueue(own));
    await refused((channel) => channel.deleteExchange(inbox));
    await refused((channel) => channel.bindQueue(own, inbox, "#"));
    expect((await server.inspectQueue(inbox))?.waiting).toBe(1);
  });
});
