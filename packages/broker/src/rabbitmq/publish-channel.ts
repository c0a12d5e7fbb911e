import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from "amqplib";
import { BrokerError } from "../port.ts";
import { settledWithin } from "./deadline.ts";
import { settleLost } from "./lost-publishes.ts";
import type { Settings } from "./options.ts";
import type { PendingPublish } from "./pending-publish.ts";
import { Unconfirmed } from "./unconfirmed.ts";

/** Frames that amqplib may hold before it says that it has enough. */
const highWaterMark = 4096;

export interface PublishChannelUser {
  /** amqplib has room again. */
  roomAgain(): void;
  /** The channel is gone, and all that was under way on it is settled. */
  channelLost(channel: PublishChannel, reason: Error | null): void;
  /** Nothing of the message is under way any more. */
  publishGone(publish: PendingPublish): void;
}

/** One channel for sending. What is sent is confirmed, returned and lost by its number on this channel. */
export class PublishChannel {
  hasRoom = true;
  readonly #channel: ConfirmChannel;
  readonly #settings: Settings;
  readonly #user: PublishChannelUser;
  readonly #unconfirmed: Unconfirmed;
  /** Reused for each message: amqplib takes out of it what it needs. */
  readonly #properties: { mandatory: true; persistent: boolean; messageId: string; userId?: string };
  #reason: Error | null = null;

  static async open(
    model: ChannelModel,
    settings: Settings,
    user: PublishChannelUser,
  ): Promise<PublishChannel> {
    return new PublishChannel(await model.createConfirmChannel({ highWaterMark }), settings, user);
  }

  constructor(channel: ConfirmChannel, settings: Settings, user: PublishChannelUser) {
    this.#channel = channel;
    this.#settings = settings;
    this.#user = user;
    this.#unconfirmed = new Unconfirmed((publish) => user.publishGone(publish));
    this.#properties = { mandatory: true, persistent: false, messageId: "" };
    if (settings.restricted) this.#properties.userId = settings.user;
    channel.on("ack", ({ deliveryTag, multiple }) =>
      this.#unconfirmed.confirmed(deliveryTag, multiple, confirm),
    );
    channel.on("nack", ({ deliveryTag, multiple }) =>
      this.#unconfirmed.confirmed(deliveryTag, multiple, refuse),
    );
    channel.on("return", ({ properties }) => this.#unconfirmed.returned(Number(properties.messageId)));
    channel.on("drain", () => {
      this.hasRoom = true;
      user.roomAgain();
    });
    channel.on("error", (error) => {
      this.#reason = error;
    });
    channel.on("close", () => this.#lost());
  }

  /** What is under way, in the order of sending. */
  get unconfirmed(): Unconfirmed {
    return this.#unconfirmed;
  }

  /** `false`: the channel is closed, or just about to be. Throws where the message cannot be written at all. */
  send(publish: PendingPublish): boolean {
    const { queue, persistent, userId } = publish.message;
    const properties = this.#properties;
    properties.persistent = persistent;
    // What comes back says by this which one it is.
    properties.messageId = String(this.#unconfirmed.next);
    if (!this.#settings.restricted) setUser(properties, userId);
    try {
      this.hasRoom = this.#channel.publish(this.#exchangeOf(publish), queue, publish.body, properties);
    } catch (error) {
      if (!(error instanceof IllegalOperationError)) throw error;
      this.hasRoom = false;
      return false;
    }
    this.#unconfirmed.add(publish);
    return true;
  }

  async close(deadlineMs: number): Promise<void> {
    await settledWithin(
      Promise.resolve().then(() => this.#channel.close()),
      deadlineMs,
    );
    this.#lost();
  }

  readonly #exchangeOf = ({ message }: PendingPublish): string =>
    this.#settings.restricted ? message.queue : "";

  #lost(): void {
    const lost = [...this.#unconfirmed];
    this.#unconfirmed.clear();
    settleLost(lost, this.#reason, this.#exchangeOf);
    for (const publish of lost) this.#user.publishGone(publish);
    this.#user.channelLost(this, this.#reason);
  }
}

function setUser(properties: { userId?: string }, userId: string | undefined): void {
  if (userId !== undefined) properties.userId = userId;
  else if (properties.userId !== undefined) delete properties.userId;
}

function confirm(publish: PendingPublish): void {
  publish.resolve(publish.isReturned ? "unroutable" : "queued");
}

/** The broker has an error of its own, and does not say what became of it. */
function refuse(publish: PendingPublish): void {
  publish.reject(
    new BrokerError("outcome_unknown", "RabbitMQ could not take responsibility for the message."),
  );
}
