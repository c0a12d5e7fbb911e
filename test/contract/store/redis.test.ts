import { randomUUID } from "node:crypto";
import type { Store } from "@berth/store";
import { createRedisStore, type RedisStoreOptions } from "@berth/store/redis";
import { afterAll, describe } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { openRedis, whyNoPrivateRedis } from "../../support/servers/open.ts";
import type { RedisServer } from "../../support/servers/redis.ts";
import { sharedRedis, whyNoRedis } from "../../support/servers/shared.ts";
import { skipBecause } from "../../support/skip.ts";
import { storeContract } from "./contract.ts";
import type { StoreSubject } from "./subject.ts";

describe("on the Redis of all tests", skipBecause(await whyNoRedis()), () => {
  const url = async (): Promise<string> => (await sharedRedis()).url;
  storeContract("Redis", subjectAt(url, { durability: "memory" }));
});

describe("on servers of its own", skipBecause(await whyNoPrivateRedis()), () => {
  const servers: RedisServer[] = [];
  const open = async (options: Parameters<typeof openRedis>[0]): Promise<RedisServer> => {
    const server = await openRedis(options);
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  let onDisk: Promise<RedisServer> | undefined;
  const durable = (): Promise<RedisServer> => {
    onDisk ??= open({ appendonly: true, appendfsync: "always" });
    return onDisk;
  };
  storeContract("Redis that writes through to the disk, and is killed before it is opened again", {
    ...subjectAt(
      async () => (await durable()).url,
      { durability: "fsync" },
      async () => {
        const server = await durable();
        await server.kill();
        await server.start();
      },
    ),
  });

  let replicated: Promise<RedisServer> | undefined;
  const withReplica = async (): Promise<RedisServer> => {
    const master = await open({});
    await open({ replicaOf: master });
    await eventually("the replica has everything", async () =>
      (await master.cli("info", "replication")).includes("state=online"),
    );
    return master;
  };
  storeContract("Redis with a replica", {
    ...subjectAt(
      async () => {
        replicated ??= withReplica();
        return (await replicated).url;
      },
      { durability: "replicated" },
    ),
  });
});

function subjectAt(
  url: () => Promise<string>,
  options: Omit<RedisStoreOptions, "url">,
  restart: () => Promise<void> = async () => {},
): StoreSubject {
  return {
    isLasting: true,
    async open() {
      // Each has a Redis of its own, as far as it can see.
      const prefix = `contract-${randomUUID()}`;
      const start = async (): Promise<Store> => {
        const store = createRedisStore({ url: await url(), prefix, ...options });
        await store.start();
        return store;
      };
      let current = await start();
      return {
        store: current,
        async reopen() {
          await current.stop();
          await restart();
          current = await start();
          return current;
        },
        close: () => current.stop(),
      };
    },
  };
}
