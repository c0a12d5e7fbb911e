import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const demo = fileURLToPath(new URL("../../services/standalone/src/demo/main.ts", import.meta.url));

test("the demo measures what Berth promises, and says so in one line of JSON", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo, "--json"], { timeout: 110_000 });
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
}, 120_000);
