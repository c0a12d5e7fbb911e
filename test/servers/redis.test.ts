import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openRedis, whyNoPrivateRedis } from "../support/servers/open.ts";
import type { RedisOptions, RedisServer } from "../support/servers/redis.ts";
import { openRedisCluster } from "../support/servers/redis-cluster.ts";
import { redisVersionAt } from "../support/servers/redis-greeting.ts";
import { skipBecause } from "../support/skip.ts";

describe("a private Redis", skipBecause(await whyNoPrivateRedis()), () => {
  test("keeps through SIGKILL what it had on disk, on the same port", async () => {
    const redis = await open({ appendonly: true, appendfsync: "always" });
    await redis.cli("set", "a", "1");
    await redis.kill();
    await expect(redis.cli("get", "a")).rejects.toThrow("Connection refused");
    await redis.start();
    expect(await redis.cli("get", "a")).toBe("1");
    await redis.restart();
    expect(await redis.cli("get", "a")).toBe("1");
  });

  test("can come back with nothing", async () => {
    const redis = await open({ appendonly: true });
    await redis.cli("set", "a", "1");
    await redis.restartEmpty();
    expect(await redis.cli("dbsize")).toBe("0");
  });

  test("answers nothing while it is paused, and afterwards what it was asked meanwhile", async () => {
    const redis = await open();
    await redis.pause();
    expect(await redisVersionAt({ port: redis.port })).toBeUndefined();
    const answer = redis.cli("ping");
    await redis.resume();
    expect(await answer).toBe("PONG");
  });

  test("can have a password", async () => {
    const redis = await open({ password: "secret1" });
    expect(redis.url).toBe(`redis://:secret1@127.0.0.1:${redis.port}`);
    expect(await redis.cli("ping")).toBe("PONG");
    expect(await redisVersionAt({ port: redis.port })).toBeUndefined();
  });

  test("takes lines of configuration", async () => {
    const redis = await open({ config: { maxmemory: 1_000_000, "maxmemory-policy": "allkeys-lru" } });
    expect(await redis.cli("config", "get", "maxmemory-policy")).toContain("allkeys-lru");
  });

  test("can be a replica, which a sentinel puts in the place of one that was killed", async () => {
    const primary = await open();
    const replica = await open({ replicaOf: primary });
    const sentinel = await open({ sentinelOf: { name: "berth", port: primary.port } });
    expect(sentinel.url).toBe(`redis+sentinel://127.0.0.1:${sentinel.port}/berth`);
    await primary.cli("set", "a", "1");
    expect(await primary.cli("wait", "1", "20000")).toBe("1");
    await eventually("the sentinel knows of the replica", async () =>
      (await sentinel.cli("sentinel", "replicas", "berth")).includes(String(replica.port)),
    );
    await primary.kill();
    // It drops its connections when it takes over.
    const role = (): Promise<string> => replica.cli("role").catch(() => "");
    await eventually("the replica takes over", async () => (await role()).startsWith("master"));
    expect(await replica.cli("get", "a")).toBe("1");
  });

  test("can be a cluster by itself, and one of several nodes", async () => {
    const alone = await open({ cluster: "alone" });
    expect(await alone.cli("set", "a", "1")).toBe("OK");
    const cluster = await openRedisCluster(3);
    onTestFinished(() => cluster.stop());
    const answers = await Promise.allSettled(cluster.nodes.map((node) => node.cli("set", "a", "1")));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

async function open(options?: RedisOptions): Promise<RedisServer> {
  const redis = await openRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}
