import {
  type Broker,
  BrokerError,
  type ConsumeOptions,
  type Consumer,
  type ConsumerEnd,
  type MessageHandler,
  type OutgoingMessage,
  type PublishOutcome,
  prefetchMax,
  type QueueFigures,
  type QueueOptions,
} from "@berth/broker";
import type { Machine } from "../world/machine.ts";
import { Channel } from "./channel.ts";
import { DeliveredMessage } from "./message.ts";
import type { BrokerServer, ServerConsumer } from "./server.ts";
import type { BrokerWeather } from "./weather.ts";

/** The broker as one process sees it: each request, each answer and each message is an event of its own. */
export class SimulatedBroker implements Broker {
  readonly capabilities = { durable: true, authenticatesUsers: true };
  readonly #user: string;
  readonly #machine: Machine;
  readonly #server: BrokerServer;
  readonly #weather: BrokerWeather;
  readonly #consumers = new Set<SimulatedConsumer>();
  readonly #listeners = new Set<() => void>();
  /** Requests that wait for an answer: they fail with the channel. */
  readonly #open = new Map<Promise<unknown>, (reason: BrokerError) => void>();
  #channel: Channel | null = null;
  #state: "new" | "started" | "stopped" = "new";
  readonly #connected = Promise.withResolvers<void>();
  /** While it is cut off nothing gets through in either direction. */
  #isCutOff = false;

  /** `user`: whose connection it is. */
  constructor(machine: Machine, server: BrokerServer, weather: BrokerWeather, user: string) {
    this.#machine = machine;
    this.#user = user;
    this.#server = server;
    this.#weather = weather;
  }

  async start(): Promise<void> {
    if (this.#state === "stopped") throw stopped("was stopped");
    if (this.#state === "new") {
      this.#state = "started";
      this.#connect();
    }
    await this.#connected.promise;
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    for (const consumer of [...this.#consumers]) consumer.stopped();
    await this.#channel?.close();
    await Promise.allSettled(this.#open.keys());
  }

  /** Its connection breaks now. */
  breakConnection(): void {
    this.#channel?.break();
  }

  cutOff(): void {
    this.#isCutOff = true;
    this.#channel?.break();
  }

  reconnectable(): void {
    this.#isCutOff = false;
  }

  declareQueue(name: string, options: QueueOptions): Promise<void> {
    return this.#ask(() => this.#server.declare(name, options));
  }

  deleteQueue(name: string): Promise<void> {
    return this.#ask(() => this.#server.delete(name));
  }

  inspectQueue(name: string): Promise<QueueFigures | null> {
    return this.#ask(() => this.#server.find(name)?.figures ?? null);
  }

  publish({ queue, body, value, persistent, userId }: OutgoingMessage): Promise<PublishOutcome> {
    if (userId !== undefined && userId !== this.#user) {
      const message = `the message names the user "${userId}", the connection is that of "${this.#user}"`;
      return Promise.reject(new BrokerError("access_refused", message));
    }
    const content = value === undefined ? { body } : { body, value };
    const times = this.#weather.isDuplicated() ? 2 : 1;
    return this.#ask(() => {
      let outcome: PublishOutcome = "unroutable";
      for (let time = 0; time < times; time += 1) {
        outcome = this.#server.publish(queue, { content, persistent, userId: userId ?? null });
      }
      return outcome;
    }, "outcome_unknown");
  }

  async consume(queue: string, { prefetch }: ConsumeOptions, handler: MessageHandler): Promise<Consumer> {
    this.#requireStarted();
    if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > prefetchMax) {
      throw new RangeError(`a prefetch of ${prefetch} was asked for; 1 to ${prefetchMax} are possible`);
    }
    const consumer = new SimulatedConsumer(queue, prefetch, handler, (gone) => this.#consumers.delete(gone));
    this.#consumers.add(consumer);
    const channel = this.#channel;
    try {
      await this.#ask(() => channel !== null && this.#attach(consumer, channel));
    } catch (error) {
      this.#consumers.delete(consumer);
      throw error;
    }
    return consumer;
  }

  onMessagesLost(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** At the broker. */
  #attach(consumer: SimulatedConsumer, channel: Channel): void {
    const attached: ServerConsumer = this.#server.consume(consumer.queue, consumer.prefetch, {
      deliver: (delivery, message) =>
        channel.toClient(() =>
          consumer.receive(
            new DeliveredMessage(consumer.queue, message, (how) =>
              channel.toServer(() => attached.settle(delivery, how)),
            ),
          ),
        ),
      queueDeleted: () => channel.toClient(() => consumer.end("queue_deleted")),
    });
    channel.consumers.add(attached);
    consumer.attached(attached, channel);
  }

  #connect(): void {
    if (this.#state !== "started") return;
    if (this.#isCutOff || !this.#server.isUp) {
      this.#connectLater();
      return;
    }
    this.#channel = new Channel(this.#machine, this.#server, this.#weather, () => this.#broken());
    this.#connected.resolve();
  }

  #connectLater(): void {
    this.#machine.after(this.#weather.reconnectMs(), () => {
      this.#connect();
      if (this.#channel !== null) void this.#resume(this.#channel);
    });
  }

  /** The client has noticed that its connection is gone. */
  #broken(): void {
    this.#channel = null;
    for (const fail of [...this.#open.values()]) {
      fail(new BrokerError("outcome_unknown", "the connection ended before the broker answered"));
    }
    this.#connectLater();
  }

  /** Consumers go on, then whoever wants to know hears that messages may be lost. */
  async #resume(channel: Channel): Promise<void> {
    const resumed = [...this.#consumers].map(async (consumer) => {
      if (!consumer.isActive) return;
      try {
        await this.#ask(() => consumer.isActive && this.#attach(consumer, channel));
      } catch (error) {
        if (error instanceof BrokerError && error.code === "queue_unknown") consumer.end("queue_deleted");
      }
    });
    await Promise.all(resumed);
    if (this.#channel === channel) for (const listener of [...this.#listeners]) listener();
  }

  /** Runs `work` at the broker, and resolves with what it returns. */
  #ask<Answer>(
    work: () => Answer,
    codeWhenLost: BrokerError["code"] = "broker_unreachable",
  ): Promise<Answer> {
    try {
      this.#requireStarted();
    } catch (error) {
      return Promise.reject(error as Error);
    }
    const channel = this.#channel;
    if (channel === null) {
      return Promise.reject(new BrokerError("broker_unreachable", "the broker cannot be reached"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const forget = (): void => void this.#open.delete(promise);
    this.#open.set(promise, ({ message }) => {
      forget();
      reject(new BrokerError(codeWhenLost, message));
    });
    channel.toServer(() => {
      let settle: () => void;
      try {
        const answer = work();
        settle = () => resolve(answer);
      } catch (error) {
        settle = () => reject(error as Error);
      }
      channel.toClient(() => {
        forget();
        settle();
      });
    });
    return promise;
  }

  #requireStarted(): void {
    if (this.#state === "new") throw stopped("was not started");
    if (this.#state === "stopped") throw stopped("was stopped");
  }
}

class SimulatedConsumer implements Consumer {
  readonly ended: Promise<ConsumerEnd>;
  readonly queue: string;
  readonly prefetch: number;
  readonly #handler: MessageHandler;
  readonly #resolveEnded: (end: ConsumerEnd) => void;
  readonly #onGone: (consumer: SimulatedConsumer) => void;
  #attached: ServerConsumer | null = null;
  #channel: Channel | null = null;
  isActive = true;

  constructor(
    queue: string,
    prefetch: number,
    handler: MessageHandler,
    onGone: (consumer: SimulatedConsumer) => void,
  ) {
    this.queue = queue;
    this.prefetch = prefetch;
    this.#handler = handler;
    this.#onGone = onGone;
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise.withResolvers<ConsumerEnd>());
  }

  attached(attached: ServerConsumer, channel: Channel): void {
    this.#attached = attached;
    this.#channel = channel;
  }

  /** What was under way when it was cancelled goes back at once, as if the broker had never sent it. */
  receive(message: DeliveredMessage): void {
    if (!this.isActive) {
      message.nack(true);
      return;
    }
    try {
      this.#handler(message);
    } catch {
      message.nack(false);
    }
  }

  async cancel(): Promise<void> {
    this.end("cancelled");
    await this.#atServer((consumer) => consumer.cancel());
  }

  async release(): Promise<void> {
    this.end("cancelled");
    await this.#atServer((consumer) => consumer.release());
  }

  stopped(): void {
    this.end("broker_stopped");
  }

  end(reason: ConsumerEnd): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.#onGone(this);
    this.#resolveEnded(reason);
  }

  /** Resolves when the broker has done it; what it had sent before has come by then. */
  #atServer(work: (consumer: ServerConsumer) => void): Promise<void> {
    const [attached, channel] = [this.#attached, this.#channel];
    if (attached === null || channel === null) return Promise.resolve();
    const done = Promise.withResolvers<void>();
    const reached = channel.toServer(() => {
      work(attached);
      channel.toClient(() => done.resolve());
    });
    if (!reached) return Promise.resolve();
    channel.onEnd(() => done.resolve());
    return done.promise;
  }
}

function stopped(what: string): BrokerError {
  return new BrokerError("broker_stopped", `this connection to the simulated broker ${what}`);
}
