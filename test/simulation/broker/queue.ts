import type { QueueFigures, QueueOptions } from "@berth/broker";
import type { SentMessage } from "./message.ts";
import type { ServerConsumer } from "./server.ts";

export interface QueuedMessage extends SentMessage {
  /** Its place in the queue, also when it comes back. */
  readonly place: number;
  redelivered: boolean;
}

/** A queue as the broker keeps it. */
export class ServerQueue {
  readonly name: string;
  readonly options: QueueOptions;
  /** Those that get messages. */
  readonly consumers: ServerConsumer[] = [];
  /** Those that may have messages to settle. */
  readonly holders: Set<ServerConsumer> = new Set();
  isDeleted = false;
  #places = 0;
  #waiting: QueuedMessage[] = [];
  #nextConsumer = 0;

  constructor(name: string, options: QueueOptions) {
    this.name = name;
    this.options = options;
  }

  get figures(): QueueFigures {
    return { waiting: this.#waiting.length, consumers: this.consumers.length };
  }

  add(message: SentMessage): void {
    this.#places += 1;
    this.#waiting.push({ ...message, place: this.#places, redelivered: false });
    this.deliver();
  }

  /** To their old places. */
  takeBack(messages: readonly QueuedMessage[]): void {
    if (this.isDeleted || messages.length === 0) return;
    for (const message of messages) message.redelivered = true;
    this.#waiting = [...this.#waiting, ...messages].sort((one, other) => one.place - other.place);
    this.deliver();
  }

  /** The broker was restarted: what was not on its disk is gone. */
  forgetTransient(): void {
    this.#waiting = this.#waiting.filter(({ persistent }) => persistent);
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Gives what waits to the consumers that have room, in turn. */
  deliver(): void {
    while (this.#waiting.length > 0) {
      const consumer = this.#takeConsumer();
      if (consumer === null) return;
      consumer.deliver(this.#waiting.shift() as QueuedMessage);
    }
  }

  #takeConsumer(): ServerConsumer | null {
    if (this.options.singleActiveConsumer === true) {
      const [first] = this.consumers;
      return first?.hasRoom === true ? first : null;
    }
    const count = this.consumers.length;
    for (let step = 0; step < count; step += 1) {
      const index = (this.#nextConsumer + step) % count;
      const consumer = this.consumers[index];
      if (consumer?.hasRoom !== true) continue;
      this.#nextConsumer = index + 1;
      return consumer;
    }
    return null;
  }
}
