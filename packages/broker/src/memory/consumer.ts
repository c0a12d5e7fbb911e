import type { Consumer, ConsumerEnd, IncomingMessage, MessageHandler } from "../port.ts";
import type { MemoryQueue } from "./queue.ts";
import type { StoredMessage } from "./stored-message.ts";

export interface ConsumerSetup {
  readonly queue: MemoryQueue;
  readonly prefetch: number;
  readonly handler: MessageHandler;
  readonly onHandlerError: (error: unknown, queue: string) => void;
  /** It gets no message any more and has none. */
  readonly onGone: (consumer: MemoryConsumer) => void;
}

export class MemoryConsumer implements Consumer {
  readonly ended: Promise<ConsumerEnd>;
  readonly #setup: ConsumerSetup;
  readonly #resolveEnded: (end: ConsumerEnd) => void;
  /** In the order of delivery. What is not in here is settled or was given back. */
  readonly #unsettled: Set<Delivery> = new Set();
  #active = true;

  constructor(setup: ConsumerSetup) {
    this.#setup = setup;
    const { promise, resolve } = Promise.withResolvers<ConsumerEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get hasRoom(): boolean {
    return this.#unsettled.size < this.#setup.prefetch;
  }

  deliver(message: StoredMessage): void {
    const { queue, handler, onHandlerError } = this.#setup;
    const delivery = new Delivery(queue.name, message, this);
    this.#unsettled.add(delivery);
    try {
      handler(delivery);
    } catch (error) {
      delivery.nack(false);
      onHandlerError(error, queue.name);
    }
  }

  /** False where the delivery is settled already or was given back. */
  settle(delivery: Delivery): boolean {
    if (!this.#unsettled.delete(delivery)) return false;
    if (this.#active) this.#setup.queue.wake();
    else this.#leaveIfEmpty();
    return true;
  }

  takeBack(message: StoredMessage): void {
    this.#setup.queue.takeBack([message]);
  }

  refuse(message: StoredMessage): void {
    this.#setup.queue.refuse(message);
  }

  async cancel(): Promise<void> {
    this.#deactivate("cancelled");
  }

  async release(): Promise<void> {
    this.end("cancelled");
  }

  /** Cancels and gives back what is unsettled. */
  end(reason: ConsumerEnd): void {
    this.#deactivate(reason);
    const messages = Array.from(this.#unsettled, (delivery) => delivery.message);
    this.#unsettled.clear();
    this.#setup.queue.takeBack(messages);
    this.#leaveIfEmpty();
  }

  #deactivate(reason: ConsumerEnd): void {
    if (!this.#active) return;
    this.#active = false;
    this.#setup.queue.removeConsumer(this);
    this.#resolveEnded(reason);
    this.#leaveIfEmpty();
  }

  #leaveIfEmpty(): void {
    if (this.#unsettled.size === 0) this.#setup.onGone(this);
  }
}

class Delivery implements IncomingMessage {
  readonly queue: string;
  readonly redelivered: boolean;
  readonly message: StoredMessage;
  readonly #consumer: MemoryConsumer;

  constructor(queue: string, message: StoredMessage, consumer: MemoryConsumer) {
    this.queue = queue;
    this.message = message;
    this.redelivered = message.redelivered;
    this.#consumer = consumer;
  }

  get body(): Buffer {
    return this.message.content.body;
  }

  json(): unknown {
    const { content } = this.message;
    return content.value === undefined ? JSON.parse(content.body.toString()) : content.value;
  }

  get userId(): string | null {
    return this.message.userId;
  }

  ack(): void {
    this.#consumer.settle(this);
  }

  nack(requeue: boolean): void {
    if (!this.#consumer.settle(this)) return;
    if (requeue) this.#consumer.takeBack(this.message);
    else this.#consumer.refuse(this.message);
  }
}
