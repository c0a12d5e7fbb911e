import { randomUUID } from "node:crypto";
import type { Broker } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { Dispatchers } from "@berth/dispatcher";
import { HealthServer, type Need, type Service, untilStarted, withHeartbeat } from "@berth/process";
import { type Topology, topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import { createRedisStore } from "@berth/store/redis";
import type { Logger } from "pino";
import type { DispatcherConfig } from "./config.ts";

const retentionEveryMs = 60_000;

/** Dispatches spaces together with other processes of its kind. */
export class DispatcherService implements Service {
  readonly #config: DispatcherConfig;
  readonly #logger: Logger;
  readonly #topology: Topology;
  readonly #broker: Broker;
  readonly #store: Store;
  readonly #dispatchers: Dispatchers;
  readonly #health: HealthServer;
  readonly #stopping: AbortController = new AbortController();
  #stopped: Promise<void> | null = null;

  constructor(config: DispatcherConfig, logger: Logger) {
    const { redisUrl, prefix, queueType, durability, replicas, host, healthPort } = config;
    const amqpUrl = withHeartbeat(config.amqpUrl, config.ownerLeaseMs);
    this.#config = config;
    this.#logger = logger;
    this.#topology = topology(prefix);
    this.#broker = createRabbitmqBroker({
      ...{ url: amqpUrl, connectionName: "berth dispatcher", queueType, logger },
      onHandlerError: (error, queue) => logger.error({ err: error, queue }, "a message handler threw"),
    });
    this.#store = createRedisStore({ url: redisUrl, prefix, durability, replicas, logger });
    this.#dispatchers = this.#createDispatchers();
    this.#health = new HealthServer({ host, port: healthPort, needs: this.#needs(), logger });
  }

  /** It does not wait until it owns a space: others may own all of them. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#health.start();
    await Promise.all([
      untilStarted("the broker", this.#broker, this.#logger, signal),
      untilStarted("the store", this.#store, this.#logger, signal),
    ]);
    if (!signal.aborted) this.#dispatchers.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#health.announceStop();
    await this.#dispatchers.stop();
    await this.#broker.stop();
    await this.#store.stop();
    await this.#health.stop();
  }

  #createDispatchers(): Dispatchers {
    const { spaces, serverUsers, ownerLeaseMs, leaseMs, keepMs, keepTasks } = this.#config;
    return new Dispatchers({
      spaces,
      owner: randomUUID(),
      broker: this.#broker,
      store: this.#store,
      topology: this.#topology,
      logger: this.#logger,
      newId: newItemId,
      settings: {
        serverUsers,
        engine: { leaseMs },
        ownerLeaseMs,
        retention: { keepMs, endedTasksMax: keepTasks, everyMs: retentionEveryMs },
      },
    });
  }

  #needs(): Need[] {
    const [space = ""] = this.#config.spaces;
    return [
      { name: "the broker", answer: () => this.#broker.inspectQueue(this.#topology.inbox(space)) },
      { name: "the store", answer: () => this.#store.spaces() },
      { name: "the ownership", answer: async () => this.#spacesWithoutOwner() },
    ];
  }

  #spacesWithoutOwner(): string | null {
    const unknown = this.#dispatchers.standings.filter(
      ({ standing }) => standing !== "owner" && standing !== "waiting",
    );
    if (unknown.length === 0) return null;
    return `no owner is known of ${unknown.map(({ space }) => `space "${space}"`).join(", ")}`;
  }
}
