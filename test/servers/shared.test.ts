import { describe, expect, test } from "vitest";
import { sharedRabbitmq, sharedRedis, whyNoRabbitmq, whyNoRedis } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";

describe("the shared RabbitMQ", skipBecause(await whyNoRabbitmq()), () => {
  test("is one, and gives a test file a virtual host that nobody has used", async () => {
    const shared = await sharedRabbitmq();
    expect(await sharedRabbitmq()).toBe(shared);
    expect(shared.url).toMatch(/^amqp:\/\//);
    expect(shared.version).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe("the shared Redis", skipBecause(await whyNoRedis()), () => {
  test("is one", async () => {
    const shared = await sharedRedis();
    expect(await sharedRedis()).toBe(shared);
    expect(shared.version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
