import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { brokerVersionAt } from "../support/servers/amqp-greeting.ts";
import { whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { redisVersionAt } from "../support/servers/redis-greeting.ts";
import { skipBecause } from "../support/skip.ts";

const abandon = fileURLToPath(new URL("abandon.ts", import.meta.url));
const reason = (await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis());

interface Abandoned {
  readonly rabbitmqPort: number;
  readonly redisPort: number;
  readonly folder: string;
}

describe("servers of a run that was killed", skipBecause(reason), () => {
  test("end with it, and leave no files", { timeout: 240_000 }, async () => {
    const run = spawn(process.execPath, [abandon], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void run.kill("SIGKILL"));
    const [line] = (await once(createInterface(run.stdout), "line")) as [string];
    const { rabbitmqPort, redisPort, folder } = JSON.parse(line) as Abandoned;
    expect(await brokerVersionAt(rabbitmqPort)).toBeDefined();
    expect(await redisVersionAt({ port: redisPort })).toBeDefined();
    run.kill("SIGKILL");
    const path = `${process.env.BERTH_TEST_SERVERS_ROOT ?? ""}${folder}`;
    await eventually(
      "the end of Redis",
      async () => (await redisVersionAt({ port: redisPort })) === undefined,
    );
    await eventually("the end of RabbitMQ", async () => (await brokerVersionAt(rabbitmqPort)) === undefined);
    await eventually("the end of the folder", () => !existsSync(path));
  });
});
