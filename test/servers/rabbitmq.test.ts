import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRabbitmq, whyNoPrivateRabbitmq } from "../support/servers/open.ts";
import type { RabbitmqServer } from "../support/servers/rabbitmq.ts";
import { skipBecause } from "../support/skip.ts";

describe("a private RabbitMQ", skipBecause(await whyNoPrivateRabbitmq()), () => {
  let rabbitmq: RabbitmqServer;

  beforeAll(async () => {
    rabbitmq = await openRabbitmq({ management: true, config: { consumer_timeout: 61_000 } });
  });

  afterAll(() => rabbitmq.stop());

  test("tells its version and obeys its tool", async () => {
    expect(rabbitmq.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(await rabbitmq.ctl("eval", "application:get_env(rabbit, consumer_timeout).")).toContain("61000");
  });
});
