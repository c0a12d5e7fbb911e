import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokerVersionAt } from "../support/servers/amqp-greeting.ts";
import { callHttpApi } from "../support/servers/http-api.ts";
import { openRabbitmq, whyNoPrivateRabbitmq } from "../support/servers/open.ts";
import type { RabbitmqServer } from "../support/servers/rabbitmq.ts";
import { skipBecause } from "../support/skip.ts";

const startsMs = 240_000;

describe("a private RabbitMQ", skipBecause(await whyNoPrivateRabbitmq()), () => {
  let first: RabbitmqServer;
  let second: RabbitmqServer;

  beforeAll(async () => {
    [first, second] = await Promise.all([
      openRabbitmq({ management: true, config: { consumer_timeout: 61_000 } }),
      openRabbitmq(),
    ]);
  }, startsMs);

  afterAll(() => Promise.all([first.stop(), second.stop()]), startsMs);

  test("tells its version, takes lines of configuration and obeys its tool", async () => {
    expect(first.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(await first.ctl("eval", "application:get_env(rabbit, consumer_timeout).")).toContain("61000");
  });

  test("starts beside another one without sharing a port, a node or data", async () => {
    expect(second.port).not.toBe(first.port);
    await first.ctl("add_vhost", "only-here");
    expect(await first.ctl("list_vhosts")).toContain("only-here");
    expect(await second.ctl("list_vhosts")).not.toContain("only-here");
  });

  test("keeps through SIGKILL a message that it has confirmed", { timeout: startsMs }, async () => {
    await declareAndPublish("kept-classic", "classic");
    await declareAndPublish("kept-quorum", "quorum");
    await first.settle();
    await first.kill();
    expect(await brokerVersionAt(first.port)).toBeUndefined();
    await first.start();
    expect(await bodiesOf("kept-classic")).toEqual(["a message"]);
    expect(await bodiesOf("kept-quorum")).toEqual(["a message"]);
  });

  test("ends in order when it is restarted", { timeout: startsMs }, async () => {
    await first.ctl("add_vhost", "before-the-restart");
    await first.restart();
    expect(await first.ctl("list_vhosts")).toContain("before-the-restart");
  });

  test("answers nothing while it is paused", async () => {
    await second.pause();
    expect(await brokerVersionAt(second.port)).toBeUndefined();
    await second.resume();
    expect(await brokerVersionAt(second.port)).toBe(second.version);
  });

  test("leaves nothing behind when it is stopped", async () => {
    const home = (await second.ctl("eval", 'os:getenv("HOME").')).trim().replaceAll('"', "");
    const folder = `${process.env.BERTH_TEST_SERVERS_ROOT ?? ""}${home}`;
    expect(existsSync(folder)).toBe(true);
    await second.stop();
    expect(await brokerVersionAt(second.port)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });

  async function declareAndPublish(queue: string, type: "classic" | "quorum"): Promise<void> {
    await callHttpApi(first.managementUrl, "PUT", `queues/%2F/${queue}`, {
      durable: true,
      arguments: { "x-queue-type": type },
    });
    await callHttpApi(first.managementUrl, "POST", "exchanges/%2F/amq.default/publish", {
      properties: { delivery_mode: 2 },
      routing_key: queue,
      payload: "a message",
      payload_encoding: "string",
    });
  }

  async function bodiesOf(queue: string): Promise<string[]> {
    const messages = await callHttpApi(first.managementUrl, "POST", `queues/%2F/${queue}/get`, {
      count: 10,
      ackmode: "ack_requeue_true",
      encoding: "auto",
    });
    return (messages as { payload: string }[]).map(({ payload }) => payload);
  }
});
