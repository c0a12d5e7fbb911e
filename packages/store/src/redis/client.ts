import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { Address } from "./address.ts";

export type Client = Redis | Cluster;

/** Grows from 50 ms; whoever waits for Redis is there soon after it came back. */
function backOffMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt - 1, 10), 1000);
}

/**
 * A client that tells at once what went wrong, instead of keeping requests until there is a connection again: whether
 * they may be sent again is for the dispatcher to decide.
 */
export function createClient(address: Address, timeoutMs: number): Client {
  const common = {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    // A connection that is dead without anybody having said so.
    socketTimeout: 2 * timeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    connectionName: "berth-store",
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.tls && { tls: {} }),
  } satisfies RedisOptions;
  const failover = {
    retryStrategy: backOffMs,
    // A master that has become a replica: ask anew who the master is.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  };
  switch (address.type) {
    case "single":
      return new Redis({ ...common, ...failover, ...address.hosts[0], db: address.database });
    case "sentinel":
      return new Redis({
        ...common,
        ...failover,
        sentinels: address.hosts.map((each) => ({ ...each })),
        name: address.master,
        db: address.database,
        failoverDetector: true,
        sentinelRetryStrategy: backOffMs,
        enableTLSForSentinelMode: address.tls,
      });
    case "cluster": {
      const { lazyConnect, enableOfflineQueue, ...redisOptions } = common;
      return new Cluster(
        address.hosts.map((each) => ({ ...each })),
        { lazyConnect, enableOfflineQueue, clusterRetryStrategy: backOffMs, redisOptions },
      );
    }
  }
}
