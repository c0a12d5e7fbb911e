import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRedis, whyNoPrivateRedis } from "../support/servers/open.ts";
import type { RedisServer } from "../support/servers/redis.ts";
import { skipBecause } from "../support/skip.ts";

describe("a private Redis", skipBecause(await whyNoPrivateRedis()), () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await openRedis({ appendonly: true, appendfsync: "always" });
  });

  afterAll(() => redis.stop());

  test("keeps through SIGKILL what it had on disk, on the same port", async () => {
    await redis.cli("set", "a", "1");
    await redis.kill();
    await expect(redis.cli("get", "a")).rejects.toThrow("Connection refused");
    await redis.start();
    expect(await redis.cli("get", "a")).toBe("1");
  });

  test("can come back with nothing", async () => {
    await redis.cli("set", "a", "1");
    await redis.restartEmpty();
    expect(await redis.cli("dbsize")).toBe("0");
  });
});
