import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buildApp } from "@berth/api";
import { type Broker, createInboxClient, type InboxClient } from "@berth/broker";
import { createMemoryBroker, type MemoryBroker } from "@berth/broker/memory";
import { Dispatcher } from "@berth/dispatcher";
import { addressOf } from "@berth/process";
import { type Topology, topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";
import { createTentacle, type Tentacle } from "@berth/tentacle";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { StandaloneConfig } from "./config.ts";

/** The version that the tentacle of this process reports, where nobody says another. */
const defaultVersion = "0.1.0";
const queuePrefix = "berth";
const answerTimeoutMs = 10_000;
/** How long running tasks may take to end when the process is asked to stop. */
const drainMs = 10_000;

/** A tentacle in this process. */
export interface TentacleWish {
  readonly name: string;
  readonly version: string;
  readonly targets: readonly string[];
}

interface RunningTentacle {
  readonly tentacle: Tentacle;
  readonly connection: Broker;
}

/** The whole of Berth in one process: embedded broker and store, dispatcher, API and one tentacle. */
export class Standalone {
  readonly #config: StandaloneConfig;
  readonly #logger: Logger;
  readonly #topology: Topology = topology(queuePrefix);
  readonly #store: Store;
  readonly #server: MemoryBroker;
  readonly #connections: { dispatcher: Broker; api: Broker };
  readonly #dispatcher: Dispatcher;
  readonly #inbox: InboxClient;
  readonly #app: FastifyInstance;
  /** By name. */
  readonly #tentacles = new Map<string, RunningTentacle>();
  #stopped: Promise<void> | null = null;

  constructor(config: StandaloneConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#server = createMemoryBroker({
      onHandlerError: (error, queue) => logger.error({ err: error, queue }, "a message handler threw"),
    });
    this.#connections = { dispatcher: this.#server.connect(), api: this.#server.connect() };
    this.#store = createSqliteStore({ path: join(config.data, "berth.db"), durability: config.durability });
    this.#dispatcher = this.#createDispatcher();
    this.#inbox = createInboxClient({
      broker: this.#connections.api,
      topology: this.#topology,
      client: "api",
      answerTimeoutMs,
      logger,
    });
    this.#app = buildApp({
      inbox: this.#inbox,
      store: this.#store,
      spaces: [config.space],
      logger,
      clock: Date.now,
      ...(config.hosts.length > 0 ? { hosts: config.hosts } : {}),
    });
  }

  /** Where the API listens, once it does. */
  get url(): string {
    return addressOf(this.#app.server.address() as AddressInfo);
  }

  /** Resolves when tasks can be enqueued and the tentacle takes them, or when it was stopped before that. */
  async start(): Promise<void> {
    const { host, port, target } = this.#config;
    const steps = [
      () => this.#store.start(),
      ...Object.values(this.#connections).map((connection) => () => connection.start()),
      () => this.#dispatcher.start(),
      () => this.#inbox.start(),
      () => this.#addTarget(),
      () => this.#app.listen({ host, port }),
      () => this.startTentacle({ name: target, version: defaultVersion, targets: [target] }),
    ];
    for (const step of steps) {
      // Whoever stops it does not wait until it is up.
      if (this.#stopped !== null) return;
      await step();
    }
  }

  /** Starts a tentacle in this process; one of the same name is stopped first, as an upgrade does it. */
  async startTentacle(wish: TentacleWish): Promise<void> {
    await this.#stopTentacle(wish.name);
    const connection = this.#server.connect();
    const tentacle = this.#createTentacle(wish, connection);
    this.#tentacles.set(wish.name, { tentacle, connection });
    await connection.start();
    await tentacle.start();
  }

  async #stopTentacle(name: string): Promise<void> {
    const running = this.#tentacles.get(name);
    if (running === undefined) return;
    await running.tentacle.stop({ deadlineMs: drainMs });
    await running.connection.stop();
    this.#tentacles.delete(name);
  }

  /** Idempotent. Takes nothing new, ends what runs, and leaves everything in the database. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#tentacles.keys()].map((name) => this.#stopTentacle(name)));
    await this.#app.close();
    await this.#inbox.stop();
    await this.#dispatcher.stop();
    for (const connection of Object.values(this.#connections)) await connection.stop();
    await this.#store.stop();
  }

  #createDispatcher(): Dispatcher {
    const { space, leaseMs, keepMs, keepTasks } = this.#config;
    return new Dispatcher({
      space,
      owner: randomUUID(),
      broker: this.#connections.dispatcher,
      store: this.#store,
      topology: this.#topology,
      logger: this.#logger.child({ part: "dispatcher" }),
      newId: newItemId,
      settings: {
        engine: { leaseMs },
        retention: { keepMs, endedTasksMax: keepTasks, everyMs: 60_000 },
      },
    });
  }

  #createTentacle({ name, version, targets }: TentacleWish, broker: Broker): Tentacle {
    const { space, target, capacity, data } = this.#config;
    return createTentacle({
      broker,
      topologyPrefix: queuePrefix,
      space,
      name,
      version,
      targets,
      capacity,
      handlers: {},
      logger: this.#logger.child({ part: "tentacle", tentacle: name }),
      workspace: join(data, name === target ? "tentacle" : `tentacle-${name}`),
    });
  }

  /** The target of the tentacle, unless it is there already, perhaps with a policy of its own. */
  async #addTarget(): Promise<void> {
    const { space, target } = this.#config;
    const targets = await this.#store.targets(space);
    if (targets.some(({ id }) => id === target)) return;
    await this.#inbox.request(space, { type: "target.put", id: newItemId(), target, policy: {}, tags: [] });
  }
}
