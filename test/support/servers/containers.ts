// The same servers in containers, for machines that have a Docker engine and not the programs. Ports of the host are chosen here, since
// Docker gives a container that starts again other ones. What a run leaves behind that was killed is taken away by testcontainers.
import { existsSync } from "node:fs";
import type { StartedTestContainer } from "testcontainers";
import { eventually } from "../eventually.ts";
import { brokerVersionAt } from "./amqp-greeting.ts";
import { openPremises, type Premises } from "./premises.ts";
import { type RabbitmqOptions, type RabbitmqServer, syncExpression } from "./rabbitmq.ts";
import type { RedisOptions, RedisServer } from "./redis.ts";
import { redisConfigLines } from "./redis-config.ts";
import { redisVersionAt } from "./redis-greeting.ts";

const rabbitmqImage = "rabbitmq:4-management";
const redisImage = "redis:8";
const startMs = 120_000;

/** Undefined where a Docker engine answers. What speaks with it is big, so it is loaded only where there may be one. */
export async function whyNoContainers(): Promise<string | undefined> {
  const none = "no Docker engine answers";
  if (process.env.DOCKER_HOST === undefined && !existsSync("/var/run/docker.sock")) return none;
  const { getContainerRuntimeClient } = await import("testcontainers");
  return getContainerRuntimeClient().then(
    () => undefined,
    () => none,
  );
}

export async function openContainedRabbitmq(options: RabbitmqOptions): Promise<RabbitmqServer> {
  const { config = {}, env = {}, management = false, definitions } = options;
  const premises = await openPremises("rabbitmq", "");
  const port = await premises.reservePort();
  const managementPort = await premises.reservePort();
  // Seen from inside of the container, nobody comes from the loopback interface.
  const definitionsPath = "/etc/rabbitmq/test-definitions.json";
  const lines = Object.entries({
    loopback_users: "none",
    ...(definitions !== undefined && { load_definitions: definitionsPath }),
    ...config,
  });
  const contained = await run(premises, {
    image: rabbitmqImage,
    ports: { [port]: 5672, [managementPort]: 15672 },
    files: {
      "/etc/rabbitmq/conf.d/90-test.conf": lines.map(([key, value]) => `${key} = ${value}\n`).join(""),
    },
    environment: env,
    look: () => brokerVersionAt(port),
  });
  return {
    ...contained.orders,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    version: contained.version,
    managementUrl: management ? `http://guest:guest@127.0.0.1:${managementPort}` : null,
    settle: async () => {
      await contained.execute(["rabbitmqctl", "eval", syncExpression]);
    },
    ctl: (...arguments_) => contained.execute(["rabbitmqctl", "--quiet", ...arguments_]),
  };
}

export async function openContainedRedis(options: RedisOptions): Promise<RedisServer> {
  if ([options.replicaOf, options.cluster, options.sentinelOf].some((each) => each !== undefined)) {
    throw new Error("replicas, clusters and sentinels take an installed redis-server");
  }
  const premises = await openPremises("redis", "");
  const port = await premises.reservePort();
  const lines = redisConfigLines(options, { bind: "0.0.0.0", port: 6379, dir: "/data" });
  const contained = await run(premises, {
    image: redisImage,
    ports: { [port]: 6379 },
    files: { "/etc/redis-test.conf": `protected-mode no\n${lines}` },
    command: ["redis-server", "/etc/redis-test.conf"],
    environment: { REDISCLI_AUTH: options.password ?? "" },
    look: () => redisVersionAt({ port, password: options.password }),
  });
  const { kill, start } = contained.orders;
  return {
    ...contained.orders,
    url: `redis://${options.password === undefined ? "" : `:${options.password}@`}127.0.0.1:${port}`,
    port,
    version: contained.version,
    cli: async (...arguments_) => (await contained.execute(["redis-cli", "-e", ...arguments_])).trimEnd(),
    async restartEmpty() {
      await contained.execute(["sh", "-c", "rm -rf /data/*"]);
      await kill();
      await start();
    },
  };
}

interface Recipe {
  readonly image: string;
  /** Port of the host → port of the container. */
  readonly ports: Readonly<Record<number, number>>;
  readonly files: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  look(): Promise<string | undefined>;
}

type Orders = Pick<RabbitmqServer, "kill" | "shutDown" | "start" | "restart" | "pause" | "resume" | "stop">;

interface Contained {
  readonly version: string;
  readonly orders: Orders;
  execute(command: readonly string[]): Promise<string>;
}

async function run(premises: Premises, recipe: Recipe): Promise<Contained> {
  const { GenericContainer } = await import("testcontainers");
  const ports = Object.entries(recipe.ports).map(([host, container]) => ({ host: Number(host), container }));
  const files = Object.entries(recipe.files).map(([target, content]) => ({ target, content }));
  const prepared = new GenericContainer(recipe.image)
    .withExposedPorts(...ports)
    .withCopyContentToContainer(files)
    .withEnvironment({ ...recipe.environment })
    .withStartupTimeout(startMs);
  if (recipe.command !== undefined) prepared.withCommand([...recipe.command]);
  const container = await prepared.start();
  const version = await eventually(`${recipe.image} answers`, recipe.look, startMs);
  return {
    version,
    orders: await ordersFor(premises, container, recipe),
    async execute(command) {
      const { exitCode, stdout, output } = await container.exec([...command]);
      if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}\n${output}`);
      return stdout;
    },
  };
}

/** Through Docker's own API where testcontainers has no word for it. */
async function ordersFor(premises: Premises, started: StartedTestContainer, recipe: Recipe): Promise<Orders> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  const client = await getContainerRuntimeClient();
  const container = client.container.getById(started.getId());
  const start = async (): Promise<void> => {
    await container.start();
    await eventually(`${recipe.image} answers again`, recipe.look, startMs);
  };
  const shutDown = async (): Promise<void> => {
    await container.stop();
  };
  return {
    start,
    shutDown,
    async kill() {
      await container.kill();
      await container.wait();
    },
    async restart() {
      await shutDown();
      await start();
    },
    async pause() {
      await container.pause();
    },
    async resume() {
      await container.unpause();
    },
    async stop() {
      await started.stop();
      await premises.close();
    },
  };
}
