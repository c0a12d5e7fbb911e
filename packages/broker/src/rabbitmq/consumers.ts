import { setTimeout } from "node:timers/promises";
import type { ChannelModel } from "amqplib";
import { BrokerError, type MessageHandler } from "../port.ts";
import { RabbitmqConsumer } from "./consumer.ts";
import { ConsumerChannel, type ConsumerChannelUser } from "./consumer-channel.ts";
import type { Control } from "./control.ts";
import { settledWithin } from "./deadline.ts";
import { accessRefused, brokerErrorOf, isClosedByServer } from "./errors.ts";
import type { Link } from "./link.ts";
import type { Settings } from "./options.ts";
import { reconnectDelayMs } from "./patience.ts";

/** AMQP's numbers of `basic.consume`. */
const consumeMethod = { classId: 60, methodId: 20 };
const linkUpTimeoutMs = 5_000;
/** How often a new consumer may lose its channel by the fault of another before that is an error. */
const startTriesMax = 4;

/** Keeps consumers on channels, whatever happens to these. */
export class Consumers implements ConsumerChannelUser {
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #control: Control;
  /** Must a consumer of this queue be able to end together with all that it holds? */
  readonly #endsAtOnce: (queue: string) => boolean;
  readonly #active: Set<RabbitmqConsumer> = new Set();
  readonly #channels: Set<ConsumerChannel> = new Set();
  /** Queues that were refused: the next attempt must not cost other consumers their channel again. */
  readonly #refused: Set<string> = new Set();
  #filling: ConsumerChannel | null = null;

  constructor(settings: Settings, link: Link, control: Control, endsAtOnce: (queue: string) => boolean) {
    this.#settings = settings;
    this.#link = link;
    this.#control = control;
    this.#endsAtOnce = endsAtOnce;
  }

  /** Rejects with a `BrokerError`. */
  async add(queue: string, prefetch: number, handler: MessageHandler): Promise<RabbitmqConsumer> {
    const consumer = new RabbitmqConsumer(queue, prefetch, handler, (ended) => this.#active.delete(ended));
    this.#active.add(consumer);
    const attached = this.#attachNew(consumer);
    consumer.attaching = attached.catch(() => {});
    try {
      await attached;
      return consumer;
    } catch (error) {
      consumer.end("cancelled");
      throw error;
    } finally {
      consumer.attaching = null;
      // It may have lost its channel in the very moment in which it got it.
      if (consumer.isActive && consumer.channel === null) void this.#keep(consumer);
    }
  }

  /** Puts all on the new connection. One that cannot be put there for a while does not keep anybody else waiting. */
  async linkUp(): Promise<void> {
    await Promise.all(
      Array.from(this.#active, (consumer) => settledWithin(this.#keep(consumer), linkUpTimeoutMs)),
    );
  }

  /** Somebody here has deleted the queue. */
  queueDeleted(queue: string): void {
    for (const consumer of this.#active) if (consumer.queue === queue) consumer.end("queue_deleted");
  }

  async close(deadlineMs: number): Promise<void> {
    for (const consumer of this.#active) consumer.end("broker_stopped");
    await Promise.all(Array.from(this.#channels, (channel) => channel.close(deadlineMs)));
  }

  channelLost(channel: ConsumerChannel, consumers: readonly RabbitmqConsumer[], reason: Error | null): void {
    this.#channels.delete(channel);
    if (this.#filling === channel) this.#filling = null;
    // Where the whole connection has ended, it says so right after its channels.
    queueMicrotask(() => this.#goOn(consumers, reason));
  }

  #goOn(consumers: readonly RabbitmqConsumer[], reason: Error | null): void {
    const active = consumers.filter(({ isActive }) => isActive);
    if (this.#link.model === null || active.length === 0) return;
    const queues = active.slice(0, 5).map(({ queue }) => queue);
    this.#settings.logger.warn(
      { err: reason, consumers: active.length, queues },
      "RabbitMQ closed the channel of these consumers; they go on on another one, and get again what they held",
    );
    for (const consumer of active) void this.#keep(consumer);
  }

  cancelledByServer(consumer: RabbitmqConsumer): void {
    consumer.channel = null;
    void this.#keep(consumer);
  }

  handlerThrew(error: unknown, queue: string): void {
    this.#settings.onHandlerError(error, queue);
  }

  /** Resolves when the consumer is on a channel, has ended, or must wait for the next connection. Never rejects. */
  #keep(consumer: RabbitmqConsumer): Promise<void> {
    consumer.attaching ??= this.#attachAgain(consumer).finally(() => {
      consumer.attaching = null;
    });
    return consumer.attaching;
  }

  async #attachNew(consumer: RabbitmqConsumer): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#attach(consumer);
        return;
      } catch (error) {
        const isTransient = error instanceof BrokerError && error.code === "broker_unreachable";
        if (!isTransient || this.#link.model === null || attempt === startTriesMax) throw error;
      }
    }
  }

  async #attachAgain(consumer: RabbitmqConsumer): Promise<void> {
    for (let attempt = 0; consumer.isActive && consumer.channel === null; attempt += 1) {
      if (this.#link.model === null) return;
      try {
        await this.#attach(consumer);
      } catch (error) {
        if (error instanceof BrokerError && error.code === "queue_unknown") {
          consumer.end("queue_deleted");
          return;
        }
        const { queue } = consumer;
        this.#settings.logger.warn({ err: error, queue, attempt }, "the queue cannot be consumed at present");
        const pause = setTimeout(reconnectDelayMs(attempt), undefined, { ref: false });
        await Promise.race([pause, consumer.ended]);
      }
    }
  }

  /** Rejects with a `BrokerError`. */
  async #attach(consumer: RabbitmqConsumer): Promise<void> {
    const { queue } = consumer;
    // To consume a queue that is not there would cost all other consumers of the channel what they hold.
    await this.#control.run(queue, (channel) => channel.checkQueue(queue));
    const { model } = this.#link;
    if (model === null || !consumer.isActive) return;
    const channel = this.#channelFor(queue, model);
    try {
      await channel.consume(consumer);
      this.#refused.delete(queue);
    } catch (error) {
      consumer.channel = null;
      if (isRefusal(error)) this.#refused.add(queue);
      throw isClosedByConsume(error)
        ? brokerErrorOf(error, queue)
        : brokerErrorOf(new Error(String(error)), queue);
    }
    if (!consumer.isActive) await channel.cancel(consumer);
  }

  #channelFor(queue: string, model: ChannelModel): ConsumerChannel {
    if (this.#endsAtOnce(queue) || this.#refused.has(queue)) return this.#open(model, true);
    if (this.#filling?.hasRoom !== true) {
      this.#filling = this.#withRoom() ?? this.#open(model, false);
    }
    return this.#filling;
  }

  #withRoom(): ConsumerChannel | undefined {
    for (const channel of this.#channels) if (channel.hasRoom) return channel;
    return undefined;
  }

  #open(model: ChannelModel, isSolo: boolean): ConsumerChannel {
    const channel = new ConsumerChannel(model, isSolo, this);
    this.#channels.add(channel);
    return channel;
  }
}

/** The server closed the channel because of this very request, and not because of another one. */
function isClosedByConsume(error: unknown): boolean {
  return (
    isClosedByServer(error) &&
    error.classId === consumeMethod.classId &&
    error.methodId === consumeMethod.methodId
  );
}

function isRefusal(error: unknown): boolean {
  return isClosedByConsume(error) && isClosedByServer(error) && error.code === accessRefused;
}
