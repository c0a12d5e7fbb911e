import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { openRabbitmq, openRedis, whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { skipBecause } from "../support/skip.ts";

const demo = fileURLToPath(new URL("../../services/standalone/src/demo/main.ts", import.meta.url));

async function playDemo(
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const running = promisify(execFile)(process.execPath, [demo, "--json", ...options], {
    timeout: 300_000,
    env: { ...process.env, ...environment },
  });
  const { stdout } = await running;
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  const findings = JSON.parse(lines.at(-1)!);
  expect(findings).toEqual({
    healthCheckStartMsIdle: expect.any(Number),
    healthCheckStartMsWhileDeploying: expect.any(Number),
    exclusiveOverlaps: 0,
    secondDeployStartedAfterFirstEnded: true,
    whyNamedTheHolder: true,
    failedAttempts: expect.any(Number),
    oopsRaised: findings.failedAttempts,
    parked: true,
    jobStoppedByHold: true,
    jobStartedAfterHoldLifted: true,
    longJobStoppedByWindow: true,
    shortJobRanBeforeWindow: true,
    togetherStartedAtOnce: true,
    releasedByNewVersion: true,
    tasksLost: 0,
  });
  expect(findings.failedAttempts).toBe(9);
  expect(findings.healthCheckStartMsIdle).toBeGreaterThanOrEqual(0);
  expect(findings.healthCheckStartMsWhileDeploying).toBeGreaterThanOrEqual(0);
}

test("the demo measures what Berth promises, and says so in one line of JSON", async () => {
  await playDemo([]);
}, 320_000);

const whyNoServers = (await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis());
describe("with every part as its own process", skipBecause(whyNoServers), () => {
  test("it measures the same, on servers that are named, and leaves nothing behind there", async () => {
    const [rabbitmq, redis] = await Promise.all([openRabbitmq(), openRedis()]);
    onTestFinished(async () => void (await Promise.all([rabbitmq.stop(), redis.stop()])));
    await playDemo(["--stack", "real"], { BERTH_AMQP_URL: rabbitmq.url, BERTH_REDIS_URL: redis.url });
    expect((await redis.cli("dbsize")).trim()).toMatch(/\b0$/);
    expect(await rabbitmq.ctl("list_queues", "--quiet", "--no-table-headers")).toBe("");
    expect(await rabbitmq.ctl("list_exchanges", "--quiet", "--no-table-headers")).not.toContain("berth");
  }, 240_000);
});

test("another stack than these is refused with what there is", async () => {
  const wrong = promisify(execFile)(process.execPath, [demo, "--stack", "imagined"]);
  await expect(wrong).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"embedded" or "real"'),
  });
});
