import { setTimeout } from "node:timers/promises";
import type { ChannelModel } from "amqplib";
import { BrokerError, type OutgoingMessage, type PublishOutcome } from "../port.ts";
import { Ring } from "../ring.ts";
import { settledWithin } from "./deadline.ts";
import { unreachable } from "./errors.ts";
import type { Settings } from "./options.ts";
import { reconnectDelayMs } from "./patience.ts";
import { PendingPublish } from "./pending-publish.ts";
import { PublishChannel, type PublishChannelUser } from "./publish-channel.ts";

/** How often a confirm timeout is looked for within its time. */
const looksPerTimeout = 8;

/**
 * Sends messages in the order of the calls. What cannot be sent at once stands in a line, and all that comes later stands behind
 * it: while the channel is opened anew, amqplib has enough, or the broker takes nothing. Without a connection nothing is kept.
 */
export class Publisher implements PublishChannelUser {
  readonly #settings: Settings;
  readonly #line: Ring<PendingPublish> = new Ring();
  readonly #timer: NodeJS.Timeout;
  #model: ChannelModel | null = null;
  #channel: PublishChannel | null = null;
  #isBlocked = false;
  /** Of all that is in the line or not confirmed. */
  #bytes = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#timer = setInterval(() => this.#failLate(), settings.confirmTimeoutMs / looksPerTimeout);
    this.#timer.unref();
  }

  publish(message: OutgoingMessage): Promise<PublishOutcome> {
    if (this.#model === null) return Promise.reject(unreachable("there is no connection"));
    const publish = new PendingPublish(message, performance.now());
    if (this.#bytes + publish.bytes > this.#settings.bufferedBytesMax) {
      return Promise.reject(unreachable(`${this.#bytes} bytes wait for it already`));
    }
    this.#bytes += publish.bytes;
    if (this.#line.length > 0 || !this.#canSend || !this.#send(publish)) this.#line.push(publish);
    return publish.outcome;
  }

  /** There is a new connection. Resolves when messages can be sent. */
  async linkUp(model: ChannelModel): Promise<void> {
    this.#model = model;
    this.#isBlocked = false;
    await this.#openChannel(model);
  }

  linkDown(): void {
    this.#model = null;
    this.#failLine(unreachable("the connection ended"));
  }

  linkBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    this.roomAgain();
  }

  roomAgain(): void {
    while (this.#canSend) {
      const first = this.#line.at(0);
      if (first === undefined || !this.#send(first)) return;
      this.#line.shift();
    }
  }

  channelLost(channel: PublishChannel, reason: Error | null): void {
    if (this.#channel !== channel) return;
    this.#channel = null;
    // Where the whole connection has ended, it says so right after its channels.
    queueMicrotask(() => this.#replaceChannel(reason));
  }

  publishGone(publish: PendingPublish): void {
    this.#bytes -= publish.bytes;
  }

  /** What is under way has its outcome when this resolves. */
  async close(deadlineMs: number): Promise<void> {
    await settledWithin(Promise.allSettled(this.#underWay()), deadlineMs);
    clearInterval(this.#timer);
    this.#model = null;
    this.#failLine(new BrokerError("broker_stopped", "The connection was stopped before this was sent."));
    await this.#channel?.close(deadlineMs);
  }

  get #canSend(): boolean {
    return this.#channel?.hasRoom === true && !this.#isBlocked;
  }

  #underWay(): Promise<PublishOutcome>[] {
    const outcomes = Array.from(this.#channel?.unconfirmed ?? [], ({ outcome }) => outcome);
    for (let index = 0; index < this.#line.length; index += 1) {
      const publish = this.#line.at(index);
      if (publish !== undefined) outcomes.push(publish.outcome);
    }
    return outcomes;
  }

  /** `false`: it has to wait for the next channel. */
  #send(publish: PendingPublish): boolean {
    try {
      return this.#channel?.send(publish) === true;
    } catch (error) {
      this.publishGone(publish);
      publish.reject(error);
      return true;
    }
  }

  #replaceChannel(reason: Error | null): void {
    const model = this.#model;
    if (model === null) return;
    this.#settings.logger.warn({ err: reason }, "the channel for sending was closed; it is opened again");
    void this.#openAgain(model);
  }

  async #openChannel(model: ChannelModel): Promise<void> {
    const channel = await PublishChannel.open(model, this.#settings, this);
    if (this.#model !== model) return;
    this.#channel = channel;
    this.roomAgain();
  }

  async #openAgain(model: ChannelModel): Promise<void> {
    for (let attempt = 0; this.#model === model; attempt += 1) {
      try {
        await this.#openChannel(model);
        return;
      } catch {
        // The next connection may be better.
        await setTimeout(reconnectDelayMs(attempt), undefined, { ref: false });
      }
    }
  }

  #failLate(): void {
    const since = performance.now() - this.#settings.confirmTimeoutMs;
    const seconds = `${this.#settings.confirmTimeoutMs / 1000} s`;
    for (const publish of this.#channel?.unconfirmed ?? []) {
      if (publish.sinceMs > since) break;
      if (publish.isSettled) continue;
      publish.reject(new BrokerError("outcome_unknown", `No confirm came within ${seconds}.`));
    }
    for (
      let first = this.#line.at(0);
      first !== undefined && first.sinceMs <= since;
      first = this.#line.at(0)
    ) {
      this.#failFirst(unreachable(`the message could not be sent within ${seconds}`));
    }
  }

  #failLine(error: BrokerError): void {
    while (this.#line.length > 0) this.#failFirst(error);
  }

  #failFirst(error: BrokerError): void {
    const publish = this.#line.shift();
    if (publish === undefined) return;
    this.publishGone(publish);
    publish.reject(error);
  }
}
