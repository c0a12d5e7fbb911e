import type { Broker } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { brokerUserOf, HealthServer, type Need, type Service, untilStarted } from "@berth/process";
import { topology } from "@berth/protocol";
import { createTentacle, type Handler, type Tentacle } from "@berth/tentacle";
import type { Logger } from "pino";
import type { TentacleConfig } from "./config.ts";
import { loadHandlers } from "./handlers.ts";

/** Runs what is granted to the targets of one machine. */
export class TentacleService implements Service {
  readonly broken: Promise<unknown>;
  readonly #break: (reason: unknown) => void;
  readonly #config: TentacleConfig;
  readonly #logger: Logger;
  readonly #broker: Broker;
  readonly #health: HealthServer;
  readonly #stopping: AbortController = new AbortController();
  #tentacle: Tentacle | null = null;
  #stopped: Promise<void> | null = null;

  constructor(config: TentacleConfig, logger: Logger) {
    const { amqpUrl, name, host, healthPort } = config;
    this.#config = config;
    this.#logger = logger;
    ({ promise: this.broken, resolve: this.#break } = Promise.withResolvers<unknown>());
    this.#broker = createRabbitmqBroker({
      ...{ url: amqpUrl, connectionName: `berth tentacle ${name}`, restricted: true, logger },
      onHandlerError: (error, queue) => logger.error({ err: error, queue }, "a message handler threw"),
    });
    this.#health = new HealthServer({ host, port: healthPort, needs: this.#needs(), logger });
  }

  /** Resolves when the server has opened a session. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    const { handlers } = this.#config;
    const loaded = handlers === null ? {} : await loadHandlers(handlers);
    await this.#health.start();
    await untilStarted("the broker", this.#broker, this.#logger, signal);
    if (signal.aborted) return;
    const tentacle = this.#createTentacle(loaded);
    this.#tentacle = tentacle;
    void tentacle.ended.then(({ error }) => {
      if (!signal.aborted) this.#break(error ?? new Error("the tentacle has ended"));
    });
    await tentacle.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#health.announceStop();
    await this.#tentacle?.stop({ deadlineMs: this.#config.drainMs });
    await this.#broker.stop();
    await this.#health.stop();
  }

  #createTentacle(handlers: Readonly<Record<string, Handler>>): Tentacle {
    const { amqpUrl, prefix, space, name, version, targets, capacity, workspace } = this.#config;
    return createTentacle({
      ...{ broker: this.#broker, brokerUser: brokerUserOf(amqpUrl), topologyPrefix: prefix },
      ...{ space, name, version, targets, capacity, workspace, handlers },
      logger: this.#logger,
    });
  }

  #needs(): Need[] {
    const { prefix, space, targets } = this.#config;
    const names = topology(prefix);
    return [
      ...targets.slice(0, 1).map((target) => ({
        name: "the broker",
        answer: () => this.#broker.inspectQueue(names.target(space, target)),
      })),
      { name: "the session", answer: async () => this.#whyNotServing() },
    ];
  }

  #whyNotServing(): string | null {
    return this.#tentacle?.isServing === true ? null : "the server has not opened a session";
  }
}
