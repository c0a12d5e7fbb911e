import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readComposeFile, serviceOf } from "../support/compose/compose-file.ts";
import { Container, type Translation } from "../support/compose/container.ts";
import { openRabbitmq, openRedis, whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { openPremises, type Premises } from "../support/servers/premises.ts";
import type { RabbitmqServer } from "../support/servers/rabbitmq.ts";
import type { RedisServer } from "../support/servers/redis.ts";
import { skipBecause } from "../support/skip.ts";

const passwords = {
  BERTH_RABBITMQ_PASSWORD: "ofTheServices",
  BERTH_TENTACLE_PASSWORD: "ofTheTentacle",
  BERTH_REDIS_PASSWORD: "ofRedis",
};
const file = readComposeFile(passwords);
const startsMs = 240_000;
const reason = (await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis());

describe("the containers of docker-compose.yml", skipBecause(reason), () => {
  let premises: Premises;
  let rabbitmq: RabbitmqServer;
  let redis: RedisServer;
  let apiPort: string;
  let translation: Translation;
  const containers = new Map<string, Container>();

  beforeAll(async () => {
    premises = await openPremises("compose", "");
    apiPort = String(await premises.reservePort());
    [rabbitmq, redis] = await Promise.all([
      openRabbitmq({ definitions: contentOf("rabbitmq-definitions") }),
      openRedis({ password: passwords.BERTH_REDIS_PASSWORD, config: redisLines() }),
    ]);
    translation = [
      ["@rabbitmq:5672", `@127.0.0.1:${rabbitmq.port}`],
      ["@redis:6379", `@127.0.0.1:${redis.port}`],
      ["http://api:7070", `http://127.0.0.1:${apiPort}`],
      ["/var/lib/berth", premises.folder],
      // Only the loopback interface in tests.
      ["0.0.0.0", "127.0.0.1"],
    ];
  }, startsMs);

  afterAll(async () => {
    for (const container of containers.values()) container.kill();
    await Promise.all([rabbitmq, redis].map((server) => server?.stop()));
    await premises.close();
  }, startsMs);

  async function run(name: string, service: string, changes: Record<string, string>): Promise<Container> {
    const container = new Container(serviceOf(file, service), translation, changes);
    containers.set(name, container);
    return container;
  }

  async function runUntilHealthy(name: string, service = name): Promise<void> {
    const port = service === "api" ? apiPort : String(await premises.reservePort());
    const variable = service === "api" ? "BERTH_PORT" : "BERTH_HEALTH_PORT";
    await (await run(name, service, { [variable]: port })).untilHealthy();
  }

  test(
    "become healthy by their own commands, on the settings of their own servers",
    async () => {
      await Promise.all([
        runUntilHealthy("dispatcher-1", "dispatcher"),
        runUntilHealthy("dispatcher-2", "dispatcher"),
      ]);
      await runUntilHealthy("api");
      const first = await run("first-target", "first-target", {});
      expect([await first.exitCode(), first.output]).toEqual([0, expect.stringContaining("local")]);
      await runUntilHealthy("tentacle");
    },
    startsMs,
  );

  test(
    "create their first target once: a second time changes nothing",
    async () => {
      const second = await run("first-target again", "first-target", {});
      expect(await second.exitCode()).toBe(0);
    },
    startsMs,
  );

  test(
    "run a task, with a tentacle that can do no more than its user may",
    async () => {
      const enqueue = new Container(
        {
          ...serviceOf(file, "first-target"),
          command: [
            ...["node", "packages/cli/src/main.ts", "enqueue", "job"],
            ...["--target", "local", "--script", "echo hello", "--wait"],
          ],
        },
        translation,
        {},
      );
      expect([await enqueue.exitCode(), enqueue.output]).toEqual([0, expect.stringContaining("hello")]);
    },
    startsMs,
  );

  test(
    "end with 0 when they are told to",
    async () => {
      for (const name of ["tentacle", "api", "dispatcher-1", "dispatcher-2"]) {
        const container = containers.get(name);
        expect([name, await container?.stop()]).toEqual([name, 0]);
      }
    },
    startsMs,
  );
});

function contentOf(config: string): string {
  const { content } = file.configs[config] ?? {};
  if (content === undefined) throw new Error(`docker-compose.yml has no configuration ${config}`);
  return content;
}

/** Without what a test's own server has in its own way. */
function redisLines(): Record<string, string> {
  const lines = contentOf("redis-settings").trim().split("\n");
  const entries = lines.map((line) => {
    const [key = "", ...words] = line.split(" ");
    return [key, words.join(" ")] as const;
  });
  return Object.fromEntries(entries.filter(([key]) => key !== "requirepass" && key !== "dir"));
}
