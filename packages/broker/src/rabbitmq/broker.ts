import type { ChannelModel } from "amqplib";
import {
  type Broker,
  type BrokerCapabilities,
  BrokerError,
  type ConsumeOptions,
  type Consumer,
  type MessageHandler,
  type OutgoingMessage,
  type PublishOutcome,
  prefetchMax,
  type QueueFigures,
  type QueueOptions,
} from "../port.ts";
import { Consumers } from "./consumers.ts";
import { Control } from "./control.ts";
import { Link, type LinkUser } from "./link.ts";
import type { Settings } from "./options.ts";
import { Publisher } from "./publisher.ts";
import { Queues } from "./queues.ts";
import { Recovery } from "./recovery.ts";
import { warnOfConsumerTimeout } from "./server-version.ts";

/** For each step of stopping. */
const stopTimeoutMs = 5_000;

/**
 * RabbitMQ stops reading from a connection that sends while it is short of memory. So what is sent has a connection of its own:
 * acks, which free memory, are heard on the other one.
 */
export class RabbitmqBroker implements Broker {
  readonly capabilities: BrokerCapabilities = { durable: true, authenticatesUsers: true };
  readonly #settings: Settings;
  readonly #recovery: Recovery;
  readonly #links: readonly Link[];
  readonly #control: Control;
  readonly #queues: Queues;
  readonly #consumers: Consumers;
  readonly #publisher: Publisher;
  #state: "new" | "started" | "stopped" = "new";
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#recovery = new Recovery(settings.logger);
    this.#publisher = new Publisher(settings);
    const reading = settings.restricted
      ? this.#link("", inTurn(this.#publisher, this.#reader()))
      : this.#link(" (reads)", this.#reader());
    this.#links = settings.restricted ? [reading] : [reading, this.#link(" (sends)", this.#publisher)];
    this.#control = new Control(reading, settings.confirmTimeoutMs);
    this.#queues = new Queues(settings, this.#control);
    this.#consumers = new Consumers(settings, reading, this.#control, (queue) =>
      this.#queues.hasSingleActiveConsumer(queue),
    );
  }

  async start(): Promise<void> {
    if (this.#state === "stopped") throw notRunning("was stopped");
    this.#starting ??= this.#open();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = null;
      throw this.#isStopped ? notRunning("was stopped") : error;
    }
  }

  stop(): Promise<void> {
    this.#state = "stopped";
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async declareQueue(name: string, options: QueueOptions): Promise<void> {
    this.#requireStarted();
    await this.#queues.declare(name, options);
  }

  async deleteQueue(name: string): Promise<void> {
    this.#requireStarted();
    await this.#queues.delete(name);
    if (!this.#settings.restricted) this.#consumers.queueDeleted(name);
  }

  async inspectQueue(name: string): Promise<QueueFigures | null> {
    this.#requireStarted();
    return await this.#queues.inspect(name);
  }

  // Not `async`: one promise for each message is enough.
  publish(message: OutgoingMessage): Promise<PublishOutcome> {
    const refusal = this.#refusalOf(message);
    return refusal === null ? this.#publisher.publish(message) : Promise.reject(refusal);
  }

  async consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer> {
    this.#requireStarted();
    const { prefetch } = options;
    if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > prefetchMax) {
      throw new RangeError(`A prefetch of ${prefetch} was asked for; 1 to ${prefetchMax} are possible.`);
    }
    try {
      return await this.#consumers.add(queue, prefetch, handler);
    } catch (error) {
      throw this.#isStopped ? notRunning("was stopped") : error;
    }
  }

  onMessagesLost(listener: () => void): () => void {
    return this.#recovery.listen(listener);
  }

  get #isStopped(): boolean {
    return this.#state === "stopped";
  }

  async #open(): Promise<void> {
    const opened = await Promise.allSettled(this.#links.map((link) => link.open()));
    const failed = opened.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      await Promise.all(this.#links.map((link) => link.drop()));
      throw failed.reason;
    }
    if (this.#state === "new") this.#state = "started";
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => {});
    // Channels before connections: what was settled last would be lost otherwise.
    await Promise.all([this.#publisher.close(stopTimeoutMs), this.#consumers.close(stopTimeoutMs)]);
    if (this.#starting !== null) await this.#control.close(stopTimeoutMs);
    await Promise.all(this.#links.map((link) => link.close(stopTimeoutMs)));
  }

  #link(suffix: string, user: LinkUser): Link {
    const { url, connectionName, logger } = this.#settings;
    return new Link({ url, name: `${connectionName}${suffix}`, logger }, this.#recovery.watched(user));
  }

  #reader(): LinkUser {
    let isFirst = true;
    return {
      linkUp: async (model: ChannelModel) => {
        if (isFirst) warnOfConsumerTimeout(model, this.#settings.logger);
        isFirst = false;
        await this.#queues.linkUp();
        await this.#consumers.linkUp();
      },
      linkDown: () => {},
      linkBlocked: () => {},
    };
  }

  #refusalOf({ userId }: OutgoingMessage): BrokerError | null {
    if (this.#state !== "started")
      return notRunning(this.#state === "new" ? "was not started" : "was stopped");
    const { user } = this.#settings;
    if (userId === undefined || userId === user) return null;
    return new BrokerError(
      "access_refused",
      `The message names the user "${userId}", the connection is that of "${user}".`,
    );
  }

  #requireStarted(): void {
    if (this.#state === "new") throw notRunning("was not started");
    if (this.#state === "stopped") throw notRunning("was stopped");
  }
}

function inTurn(first: LinkUser, second: LinkUser): LinkUser {
  return {
    linkUp: async (model) => {
      await first.linkUp(model);
      await second.linkUp(model);
    },
    linkDown: () => {
      first.linkDown();
      second.linkDown();
    },
    linkBlocked: (isBlocked) => {
      first.linkBlocked(isBlocked);
      second.linkBlocked(isBlocked);
    },
  };
}

function notRunning(what: string): BrokerError {
  return new BrokerError("broker_stopped", `This connection to RabbitMQ ${what}.`);
}
