import {
  type Channel,
  type ChannelModel,
  type ConsumeMessage,
  IllegalOperationError,
  type Message,
} from "amqplib";
import type { RabbitmqConsumer } from "./consumer.ts";
import { settledWithin } from "./deadline.ts";
import { Delivery } from "./delivery.ts";
import { Unsettled } from "./unsettled.ts";

/** A channel that dies takes the messages of all its consumers along, and a connection has no more than 2,047 channels. */
const consumersMax = 64;

export interface ConsumerChannelUser {
  /** The channel is closed, by whomever; these consumers were on it. */
  channelLost(channel: ConsumerChannel, consumers: readonly RabbitmqConsumer[], reason: Error | null): void;
  /** The server has cancelled it: its queue is gone, or has moved to another machine. */
  cancelledByServer(consumer: RabbitmqConsumer): void;
  handlerThrew(error: unknown, queue: string): void;
}

interface Seat {
  readonly tag: string;
  cancelled: Promise<void> | null;
}

/** A channel for several consumers, or for one that must be able to end together with all that it holds. */
export class ConsumerChannel {
  readonly isSolo: boolean;
  isOpen = true;
  readonly #user: ConsumerChannelUser;
  readonly #opened: Promise<Channel>;
  readonly #unsettled: Unsettled;
  readonly #seats: Map<RabbitmqConsumer, Seat> = new Map();
  #channel: Channel | null = null;
  #tags = 0;
  /** What consumers that start now get; AMQP sets it for the channel, from then on. */
  #prefetch = 0;
  #reason: Error | null = null;

  constructor(model: ChannelModel, isSolo: boolean, user: ConsumerChannelUser) {
    this.isSolo = isSolo;
    this.#user = user;
    this.#unsettled = new Unsettled({
      ack: (tag, multiple) => this.#tell((channel) => channel.ack(messageOf(tag), multiple)),
      nack: (tag, multiple, requeue) =>
        this.#tell((channel) => channel.nack(messageOf(tag), multiple, requeue)),
    });
    this.#opened = this.#open(model);
    this.#opened.catch(() => this.#lost());
  }

  get hasRoom(): boolean {
    return this.isOpen && !this.isSolo && this.#seats.size < consumersMax;
  }

  /** Rejects with what amqplib says; the channel is closed then. */
  async consume(consumer: RabbitmqConsumer): Promise<void> {
    this.#tags += 1;
    const tag = String(this.#tags);
    this.#seats.set(consumer, { tag, cancelled: null });
    consumer.channel = this;
    const channel = await this.#opened;
    // These two stand next to each other in what the server reads: nothing may be awaited in between.
    const limited = this.#limit(channel, consumer.prefetch);
    const consumed = channel.consume(consumer.queue, (message) => this.#receive(consumer, message), {
      consumerTag: tag,
    });
    await Promise.all([limited, consumed]);
  }

  /** Resolves when no further message will come. Those that were under way go back, as if they had never been sent. */
  async cancel(consumer: RabbitmqConsumer): Promise<void> {
    await this.#cancelAtServer(consumer);
    for (const delivery of this.#unsettled.held((one) => one.consumer === consumer && !one.isSeen)) {
      delivery.nack(true);
    }
    await this.#closeIfDone();
  }

  /** Gives back all that the consumer holds. */
  async release(consumer: RabbitmqConsumer): Promise<void> {
    if (this.isSolo) {
      await this.close();
      return;
    }
    await this.#cancelAtServer(consumer);
    for (const delivery of this.#unsettled.held((one) => one.consumer === consumer)) delivery.nack(true);
    this.#unsettled.flush();
    // The server has read all of it when it has answered this.
    await this.#opened.then((channel) => channel.prefetch(Math.max(this.#prefetch, 1))).catch(() => {});
  }

  /** Gives back all that anybody holds on it, at one instant. The broker hears first of what is settled. */
  async close(deadlineMs: number = closeTimeoutMs): Promise<void> {
    this.#unsettled.flush();
    await settledWithin(
      this.#opened.then((channel) => channel.close()),
      deadlineMs,
    );
    this.#lost();
  }

  async #open(model: ChannelModel): Promise<Channel> {
    const channel = await model.createChannel();
    this.#channel = channel;
    channel.on("error", (error) => {
      this.#reason = error;
    });
    channel.on("close", () => this.#lost());
    // The server may cancel what was cancelled here at the same moment, which amqplib takes for an error.
    channel.on("handler-error", () => {});
    return channel;
  }

  #lost(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#channel = null;
    this.#unsettled.die();
    const consumers = [...this.#seats.keys()];
    this.#seats.clear();
    for (const consumer of consumers) consumer.channel = null;
    this.#user.channelLost(this, consumers, this.#reason);
  }

  #limit(channel: Channel, prefetch: number): Promise<unknown> | undefined {
    if (prefetch === this.#prefetch) return undefined;
    this.#prefetch = prefetch;
    return channel.prefetch(prefetch);
  }

  #receive(consumer: RabbitmqConsumer, message: ConsumeMessage | null): void {
    if (message === null) {
      this.#seats.delete(consumer);
      if (consumer.isActive) this.#user.cancelledByServer(consumer);
      return;
    }
    const delivery = new Delivery(consumer, message, this.#unsettled);
    this.#unsettled.add(delivery);
    if (!consumer.isActive) return;
    delivery.isSeen = true;
    try {
      consumer.handler(delivery);
    } catch (error) {
      delivery.nack(false);
      this.#user.handlerThrew(error, consumer.queue);
    }
  }

  async #cancelAtServer(consumer: RabbitmqConsumer): Promise<void> {
    const seat = this.#seats.get(consumer);
    if (seat === undefined) return;
    seat.cancelled ??= this.#cancelTag(seat.tag);
    await seat.cancelled;
    this.#seats.delete(consumer);
  }

  async #cancelTag(tag: string): Promise<void> {
    try {
      const channel = await this.#opened;
      await channel.cancel(tag);
    } catch {
      // Without its channel there is no consumer either.
    }
  }

  async #closeIfDone(): Promise<void> {
    this.#unsettled.flush();
    if (this.isSolo && this.#seats.size === 0 && this.#unsettled.isEmpty) await this.close();
  }

  #tell(word: (channel: Channel) => void): void {
    if (this.#channel === null) return;
    try {
      word(this.#channel);
    } catch (error) {
      // The channel is about to close: the broker gives the message back.
      if (!(error instanceof IllegalOperationError)) throw error;
    }
  }
}

const closeTimeoutMs = 5_000;

/** amqplib wants the message, of which it reads the tag. */
function messageOf(deliveryTag: number): Message {
  return { fields: { deliveryTag } } as Message;
}
