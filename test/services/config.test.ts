import { resolve } from "node:path";
import { ConfigError } from "@berth/process";
import { describe, expect, test } from "vitest";
import { readConfig as readApiConfig } from "../../services/api/src/config.ts";
import { readConfig as readDispatcherConfig } from "../../services/dispatcher/src/config.ts";
import { readConfig as readTentacleConfig } from "../../services/tentacle/src/config.ts";

const readers = { api: readApiConfig, dispatcher: readDispatcherConfig, tentacle: readTentacleConfig };
const needed = { BERTH_TENTACLE: "web-1" };
const servers = { amqpUrl: "amqp://guest:guest@127.0.0.1:5672", prefix: "berth" };

describe("an empty environment gives what the documentation says", () => {
  test("for a dispatcher", () => {
    expect(readDispatcherConfig({})).toEqual({
      ...servers,
      ...{ redisUrl: "redis://127.0.0.1:6379", queueType: "classic", durability: "memory", replicas: 1 },
      ...{ spaces: ["default"], serverUsers: ["guest"], ownerLeaseMs: 10_000, leaseMs: 10_000 },
      ...{ keepMs: 30 * 86_400_000, keepTasks: 1_000_000 },
      ...{ host: "127.0.0.1", healthPort: null, logLevel: "info" },
    });
  });

  test("for an API, which only its own machine reaches by its usual names", () => {
    expect(readApiConfig({})).toEqual({
      ...servers,
      ...{ redisUrl: "redis://127.0.0.1:6379", spaces: ["default"], host: "127.0.0.1", port: 7070 },
      ...{ hosts: ["localhost", "127.0.0.1", "[::1]", "::1"], logLevel: "info" },
    });
  });

  test("for a tentacle, but that it has to have a name", () => {
    expect(() => readTentacleConfig({})).toThrow("BERTH_TENTACLE is not set: expected the name");
    expect(readTentacleConfig(needed)).toEqual({
      ...servers,
      ...{ space: "default", name: "web-1", targets: ["web-1"], version: "0.1.0", capacity: 16 },
      ...{ workspace: resolve(".berth/tentacle-web-1"), handlers: null, drainMs: 30_000 },
      ...{ host: "127.0.0.1", healthPort: null, logLevel: "info" },
    });
  });
});

test("what is set is used", () => {
  const user = { BERTH_AMQP_URL: "amqp://berth.default.web-1:p%40ss@broker", BERTH_SPACES: "a, b,a" };
  expect(readDispatcherConfig({ ...user, BERTH_SERVER_USERS: "api" })).toMatchObject({
    ...{ spaces: ["a", "b"], serverUsers: ["berth.default.web-1", "api"] },
  });
  expect(readDispatcherConfig({ BERTH_HEALTH_PORT: "0" }).healthPort).toBe(0);
  expect(readDispatcherConfig({ BERTH_HEALTH_PORT: "off" }).healthPort).toBeNull();
  expect(readApiConfig({ BERTH_HOST: "0.0.0.0" }).hosts).toEqual([]);
  expect(readTentacleConfig({ ...needed, BERTH_TARGETS: "web-1,web-2" }).targets).toEqual(["web-1", "web-2"]);
});

describe("a value that cannot be used is named with what was expected", () => {
  test.for([
    ["dispatcher", "BERTH_AMQP_URL", "http://broker", "amqp://"],
    ["dispatcher", "BERTH_REDIS_URL", "127.0.0.1", "redis://"],
    ["dispatcher", "BERTH_SPACES", "", "separated by commas"],
    ["dispatcher", "BERTH_SPACES", "a b", "letters"],
    ["dispatcher", "BERTH_DURABILITY", "maybe", "replicated"],
    ["dispatcher", "BERTH_QUEUE_TYPE", "fast", "quorum"],
    ["dispatcher", "BERTH_OWNER_LEASE_MS", "5", "1000"],
    ["dispatcher", "BERTH_HEALTH_PORT", "on", "off"],
    ["dispatcher", "BERTH_HEALTH_PORT", "", "off"],
    ["api", "BERTH_PORT", "web", "whole number"],
    ["api", "BERTH_PREFIX", "a/b", "letters"],
    ["tentacle", "BERTH_TENTACLE", "web 1", "letters"],
    ["tentacle", "BERTH_TARGETS", ",", "separated by commas"],
    ["tentacle", "BERTH_WORKSPACE", "", "some text"],
  ] as const)("%s: %s=%s", ([service, name, value, expected]) => {
    const read = (): unknown => readers[service]({ ...needed, [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name} is "${value}"`);
    expect(read).toThrow(expected);
  });

  test("without the password that is in it", () => {
    const read = (): unknown => readDispatcherConfig({ BERTH_AMQP_URL: "http://me:secret@broker" });
    expect(read).toThrow('BERTH_AMQP_URL is "http://…@broker"');
  });
});
