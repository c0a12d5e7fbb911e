import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { type Broker, createInboxClient, type InboxClient } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { addressOf, brokerUserOf, type Service, untilStarted } from "@berth/process";
import { topology } from "@berth/protocol";
import type { Store } from "@berth/store";
import { createRedisStore } from "@berth/store/redis";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { buildApp } from "./app.ts";
import type { ApiConfig } from "./config.ts";

const answerTimeoutMs = 10_000;

/** The HTTP API as a process: any number of them may run side by side. */
export class ApiService implements Service {
  readonly #config: ApiConfig;
  readonly #logger: Logger;
  readonly #broker: Broker;
  readonly #store: Store;
  readonly #inbox: InboxClient;
  readonly #app: FastifyInstance;
  readonly #stopping: AbortController = new AbortController();
  #stopped: Promise<void> | null = null;

  constructor(config: ApiConfig, logger: Logger) {
    const { amqpUrl, redisUrl, prefix, spaces, hosts } = config;
    this.#config = config;
    this.#logger = logger;
    this.#broker = createRabbitmqBroker({
      ...{ url: amqpUrl, connectionName: "berth api", logger },
      onHandlerError: (error, queue) => logger.error({ err: error, queue }, "a message handler threw"),
    });
    // It only reads; what a commit waits for is up to those who commit.
    this.#store = createRedisStore({ url: redisUrl, prefix, durability: "memory", logger });
    this.#inbox = createInboxClient({
      ...{ broker: this.#broker, topology: topology(prefix), answerTimeoutMs, logger },
      ...{ client: `api-${randomUUID()}`, brokerUser: brokerUserOf(amqpUrl) },
    });
    this.#app = buildApp({
      ...{ inbox: this.#inbox, store: this.#store, spaces, logger, clock: Date.now },
      ...(hosts.length > 0 ? { hosts } : {}),
    });
  }

  /** Where it listens, once it does. */
  get url(): string {
    return addressOf(this.#app.server.address() as AddressInfo);
  }

  /** It listens at once, and says that it is not ready until the broker and the store are there. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    const { host, port } = this.#config;
    await this.#app.listen({ host, port });
    this.#logger.info({ url: this.url }, "listens");
    await Promise.all([
      this.#reachInboxes(signal),
      untilStarted("the store", this.#store, this.#logger, signal),
    ]);
  }

  async #reachInboxes(signal: AbortSignal): Promise<void> {
    await untilStarted("the broker", this.#broker, this.#logger, signal);
    await untilStarted("the queue of answers", this.#inbox, this.#logger, signal);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#app.close();
    await this.#inbox.stop();
    await this.#broker.stop();
    await this.#store.stop();
  }
}
