import { resolve } from "node:path";
import { ConfigError } from "@berth/process";
import { readConfig } from "@berth/standalone";
import { describe, expect, test } from "vitest";

describe("a value in the environment that cannot be used", () => {
  test.for([
    ["BERTH_PORT", "web", "whole number"],
    ["BERTH_PORT", "70000", "65535"],
    ["BERTH_PORT", "", "whole number"],
    ["BERTH_CAPACITY", "0", "1"],
    ["BERTH_CAPACITY", "1.5", "whole number"],
    ["BERTH_LEASE_MS", "10", "1000"],
    ["BERTH_LEASE_MS", "99999999999", "86400000"],
    ["BERTH_DURABILITY", "maybe", "fsync"],
    ["BERTH_TARGET", "web 1", "letters"],
    ["BERTH_SPACE", "", "letters"],
    ["BERTH_KEEP_DAYS", "-1", "whole number"],
    ["BERTH_KEEP_TASKS", "0", "1"],
    ["BERTH_LOG_LEVEL", "loud", "debug"],
  ])("is named with what was expected: %s=%s", ([name, value, expected]) => {
    const read = (): unknown => readConfig({ [name!]: value! });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name} is "${value}"`);
    expect(read).toThrow(expected!);
  });

  test("is named together with all the others", () => {
    expect(() => readConfig({ BERTH_PORT: "x", BERTH_CAPACITY: "y" })).toThrow(
      /BERTH_PORT.*\nBERTH_CAPACITY/,
    );
  });
});

test("an empty environment gives what the documentation says", () => {
  expect(readConfig({})).toMatchObject({
    ...{ host: "127.0.0.1", port: 7070, data: resolve(".berth"), space: "default", target: "local" },
    ...{ capacity: 16, leaseMs: 10_000, durability: "memory", keepMs: 30 * 86_400_000, keepTasks: 1_000_000 },
    logLevel: "info",
  });
});
