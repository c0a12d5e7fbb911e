// Lives in the process of the test runner and starts the servers that all test files share, each when the first one asks for it. So a
// run that needs none starts none.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { callHttpApi } from "./http-api.ts";
import { openRabbitmq, openRedis } from "./open.ts";
import type { RabbitmqServer } from "./rabbitmq.ts";
import type { RedisServer } from "./redis.ts";

/** What a test file is told of a shared RabbitMQ: a virtual host of its own. */
export interface RabbitmqShare {
  readonly url: string;
  readonly version: string;
  readonly managementUrl: string | null;
  readonly virtualHost: string;
}

export interface RedisShare {
  readonly url: string;
  readonly version: string;
}

export interface Coordinator {
  readonly url: string;
  close(): Promise<void>;
}

export async function startCoordinator(): Promise<Coordinator> {
  let rabbitmq: Promise<RabbitmqServer> | undefined;
  let redis: Promise<RedisServer> | undefined;
  const answers: Readonly<Record<string, () => Promise<RabbitmqShare | RedisShare>>> = {
    "/rabbitmq": async () => {
      rabbitmq ??= openRabbitmq({ management: true });
      return shareOf(await rabbitmq);
    },
    "/redis": async () => {
      redis ??= openRedis({ appendonly: true });
      const { url, version } = await redis;
      return { url, version };
    },
  };
  const server = createServer(async (request, response) => {
    try {
      const answer = await answers[request.url ?? ""]?.();
      response.end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const servers = await Promise.allSettled([rabbitmq, redis]);
      await Promise.all(
        servers.map((each) => (each.status === "fulfilled" ? each.value?.stop() : undefined)),
      );
    },
  };
}

/** A virtual host that nobody has used: names of queues and users' rights on them stay out of other files' way. */
async function shareOf({ url, version, managementUrl }: RabbitmqServer): Promise<RabbitmqShare> {
  const virtualHost = `test-${randomUUID()}`;
  const everything = { configure: ".*", write: ".*", read: ".*" };
  await callHttpApi(managementUrl, "PUT", `vhosts/${virtualHost}`, {});
  await callHttpApi(managementUrl, "PUT", `permissions/${virtualHost}/guest`, everything);
  return { url: `${url}/${virtualHost}`, version, managementUrl, virtualHost };
}
