// The benchmarks with servers, on little: their figures say nothing then, but all of them are there, and the laws are checked.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sharedRabbitmq, sharedRedis, whyNoRabbitmq, whyNoRedis } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const skip = skipBecause((await whyNoRabbitmq()) ?? (await whyNoRedis()));
const positive = expect.toSatisfy((value: unknown) => typeof value === "number" && value > 0, "positive");

async function figuresOf(...words: string[]): Promise<unknown> {
  const [{ url: amqp }, { url: redis }] = [await sharedRabbitmq(), await sharedRedis()];
  const env = { ...process.env, BERTH_AMQP_URL: amqp, BERTH_REDIS_URL: redis };
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, "--json"], { env });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

test("Berth and its peers are compared in one run, with the laws checked", skip, async () => {
  const few = ["--targets", "5", "--tasks", "50", "--rounds", "1", "--warm-up", "500"];
  expect(await figuresOf("peers", ...few, "--systems", "berth,groupmq,ceiling")).toMatchObject({
    tasksPerSecond: { berth: positive, groupmq: positive, ceiling: positive },
    ratios: { groupmq: positive, ceiling: positive },
    overlaps: 0,
    lost: 0,
    laws: { groupmq: { overlaps: 0, lost: 0, repeated: 0 } },
    versions: { amqplib: expect.any(String), rabbitmq: expect.any(String), redis: expect.any(String) },
    cores: positive,
    seed: expect.any(Number),
  });
});

test(
  "the loss of a dispatcher is measured against its lease, and nothing is lost with it",
  skip,
  async () => {
    const few = ["--targets", "5", "--waiting", "2000", "--rounds", "1"];
    expect(await figuresOf("failover", ...few)).toMatchObject({
      leaseMs: positive,
      nextGrantMs: { 1000: positive, 2000: positive },
      overlaps: 0,
      lost: 0,
    });
  },
);
