import { createRedisStore } from "@berth/store/redis";
import { describe, expect, test } from "vitest";
import { rejection } from "../../contract/store/scene.ts";
import { eventually } from "../../support/eventually.ts";
import { whyNoPrivateRedis } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { isAtLeast, LogBook, newStore, redisOfTest, sceneAt } from "./scene.ts";

const options = { timeout: 300_000, ...skipBecause(await whyNoPrivateRedis()) };

describe("a Redis that may delete what it is given", options, () => {
  test("is refused, with what to do", async () => {
    const server = await redisOfTest({ config: { "maxmemory-policy": "allkeys-lru" } });
    const message = await rejection(newStore(server.url).start(), "store_misconfigured");
    expect(message).toContain('maxmemory-policy "allkeys-lru"');
    expect(message).toContain("config set maxmemory-policy noeviction");
  });

  test("is refused too where nobody may ask for its settings", async () => {
    const server = await redisOfTest({ config: { "maxmemory-policy": "volatile-ttl" } });
    await server.cli("acl", "setuser", "berth", "on", ">secret", "~*", "&*", "+@all", "-config");
    const url = server.url.replace("//", "//berth:secret@");
    await rejection(newStore(url).start(), "store_misconfigured");
    await server.cli("config", "set", "maxmemory-policy", "noeviction");
    await newStore(url).start();
  });

  test("is taken once it is set right", async () => {
    const server = await redisOfTest({ config: { "maxmemory-policy": "allkeys-lru" } });
    const store = newStore(server.url);
    await rejection(store.start(), "store_misconfigured");
    await server.cli("config", "set", "maxmemory-policy", "noeviction");
    await store.start();
    expect(await store.spaces()).toEqual([]);
  });
});

describe("a Redis that is set up in another way after a restart", options, () => {
  test("is written to no more until it is set right", async () => {
    const server = await redisOfTest({ appendonly: true, appendfsync: "always" });
    const logger = new LogBook();
    const scene = await sceneAt(server.url, { logger });
    const writer = await scene.writer();
    await writer.commit();
    await server.cli("config", "set", "maxmemory-policy", "allkeys-lru");
    await server.cli("client", "kill", "type", "normal");
    await eventually("the store has looked at it again", () =>
      logger.lines.some((line) => line.startsWith("error: nothing is written")),
    );
    expect(await rejection(writer.try({}), "store_misconfigured")).toContain("allkeys-lru");
    await server.cli("config", "set", "maxmemory-policy", "noeviction");
    await server.cli("client", "kill", "type", "normal");
    const outcome = await eventually("it is taken again", () => writer.try({}).catch(() => null));
    expect(outcome).toEqual({ type: "committed" });
  });
});

describe("a Redis without an append-only file", options, () => {
  test("is taken with a warning that says what a restart costs", async () => {
    const server = await redisOfTest();
    const logger = new LogBook();
    await newStore(server.url, { logger }).start();
    expect(logger.lines).toEqual([expect.stringMatching(/^warn: .*no append-only file.*appendonly yes/)]);
  });

  test("is refused where commits must be on the disk", async () => {
    const server = await redisOfTest();
    const message = await rejection(
      newStore(server.url, { durability: "fsync" }).start(),
      "store_misconfigured",
    );
    expect(message).toContain("append-only file");
  });
});

describe("a Redis that writes to its file every second", options, () => {
  test("is taken for commits that must be on the disk only where it can tell when they are", async () => {
    const server = await redisOfTest({ appendonly: true });
    const logger = new LogBook();
    const store = newStore(server.url, { durability: "fsync", logger });
    if (isAtLeast(server.version, [7, 2])) {
      await store.start();
      expect(logger.lines).toEqual([expect.stringContaining("appendfsync always")]);
      return;
    }
    const message = await rejection(store.start(), "store_misconfigured");
    expect(message).toContain("appendfsync always");
  });
});

test("what a later version of Berth has stored is left alone", options, async () => {
  const server = await redisOfTest();
  await server.cli("set", "later:format", "2");
  const message = await rejection(newStore(server.url, { prefix: "later" }).start(), "store_newer_version");
  expect(message).toContain("later version");
});

describe("the options of a store in Redis", () => {
  const durability = "memory";

  test("name a server in one of the known ways", () => {
    for (const url of [
      "redis://localhost",
      "rediss://user:p%40ss@[::1]:6380/3",
      "redis+sentinel://a:26379,b:26380/main/2",
      "redis+cluster://a:7000,b:7001",
    ]) {
      expect(() => createRedisStore({ url, durability })).not.toThrow();
    }
    for (const url of [
      "",
      "localhost:6379",
      "http://localhost",
      "redis://a,b",
      "redis://a/x",
      "redis+sentinel://a:1",
      "redis+cluster://a/1",
      "redis://a:port",
    ]) {
      expect(() => createRedisStore({ url, durability }), url).toThrow(
        expect.objectContaining({ code: "store_misconfigured" }),
      );
    }
  });

  test("do not give the password away when they are wrong", () => {
    expect(() => createRedisStore({ url: "redis://user:secret@a,b", durability })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });

  test("have a prefix that leaves the hash tag alone, and at least one replica", () => {
    const url = "redis://localhost";
    for (const wrong of [{ prefix: "" }, { prefix: "a{b" }, { prefix: "a b" }, { replicas: 0 }]) {
      expect(() => createRedisStore({ url, durability, ...wrong })).toThrow(
        expect.objectContaining({ code: "store_misconfigured" }),
      );
    }
  });
});
