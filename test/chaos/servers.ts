// The broker and the store of a chaos run. The store has an address that can move to another server, as it does when a replica is
// promoted.
import { eventually } from "../support/eventually.ts";
import { openRelay, type Relay } from "../support/relay/relay.ts";
import { openRabbitmq, openRedis } from "../support/servers/open.ts";
import type { RabbitmqServer } from "../support/servers/rabbitmq.ts";
import type { RedisServer } from "../support/servers/redis.ts";

/** Much shorter than anybody would have it, and looked at often: tasks of some seconds exceed it. */
export const consumerTimeoutMs = 3_000;

export class ChaosServers {
  readonly rabbitmq: RabbitmqServer;
  readonly relay: Relay;
  #redis: RedisServer;

  private constructor(rabbitmq: RabbitmqServer, redis: RedisServer, relay: Relay) {
    this.rabbitmq = rabbitmq;
    this.#redis = redis;
    this.relay = relay;
  }

  static async open(): Promise<ChaosServers> {
    const [rabbitmq, redis] = await Promise.all([
      openRabbitmq({
        config: { consumer_timeout: consumerTimeoutMs },
        // It looks once a minute unless it is told otherwise.
        settings: { channel_tick_interval: 500 },
      }),
      openRedis({ appendonly: true }),
    ]);
    return new ChaosServers(rabbitmq, redis, await openRelay(redis.port));
  }

  /** The one that the address leads to now. */
  get redis(): RedisServer {
    return this.#redis;
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.relay.port}`;
  }

  /** A replica that has all that the present server has, and from now on nothing more: it lags behind. */
  async openLaggingReplica(): Promise<RedisServer> {
    const replica = await openRedis({ appendonly: true, replicaOf: { port: this.#redis.port } });
    await eventually("the replica is in step", async () => {
      const info = await replica.cli("info", "replication");
      return info.includes("master_link_status:up") && info.includes("master_sync_in_progress:0");
    });
    await replica.cli("replicaof", "no", "one");
    // It is none any more after a restart either.
    await replica.cli("config", "rewrite");
    return replica;
  }

  /** The present server dies, and the replica takes its place at its address. */
  async promote(replica: RedisServer): Promise<void> {
    const dead = this.#redis;
    await dead.kill();
    this.#redis = replica;
    this.relay.moveTo(replica.port);
    await dead.stop();
  }

  /** Starts what does not run. */
  async mend(): Promise<void> {
    for (const server of [this.rabbitmq, this.#redis]) await server.start().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.relay.close();
    await Promise.all([this.rabbitmq.stop(), this.#redis.stop()]);
  }
}
