import type { QueueFigures, QueueOptions } from "../port.ts";
import { Ring } from "../ring.ts";
import type { MemoryConsumer } from "./consumer.ts";
import { ReturnedMessages } from "./returned-messages.ts";
import type { Content, StoredMessage } from "./stored-message.ts";
import type { Turns, TurnTaker } from "./turns.ts";

export interface QueueSurroundings {
  readonly turns: Turns;
  /** What takes a message that was refused. */
  readonly deadLetters: { publish(queue: string, content: Content, userId: string | null): unknown };
}

export class MemoryQueue implements TurnTaker {
  readonly name: string;
  readonly options: QueueOptions;
  inLine = false;
  readonly #surroundings: QueueSurroundings;
  readonly #fresh: Ring<StoredMessage> = new Ring();
  readonly #returned: ReturnedMessages = new ReturnedMessages();
  readonly #consumers: MemoryConsumer[] = [];
  #nextConsumer = 0;
  #sequence = 0;
  #deleted = false;

  constructor(name: string, options: QueueOptions, surroundings: QueueSurroundings) {
    this.name = name;
    this.options = options;
    this.#surroundings = surroundings;
  }

  get figures(): QueueFigures {
    return { waiting: this.#fresh.length + this.#returned.length, consumers: this.#consumers.length };
  }

  add(content: Content, userId: string | null): void {
    this.#sequence += 1;
    this.#fresh.push({ sequence: this.#sequence, content, userId, redelivered: false });
    this.wake();
  }

  /** To their old places. */
  takeBack(messages: Iterable<StoredMessage>): void {
    for (const message of messages) {
      message.redelivered = true;
      this.#returned.push(message);
    }
    this.wake();
  }

  /** To the dead letters, where there are any. A deleted queue, of which a consumer may still hold messages, has none. */
  refuse(message: StoredMessage): void {
    const { deadLetterQueue } = this.options;
    if (this.#deleted || deadLetterQueue === null) return;
    this.#surroundings.deadLetters.publish(deadLetterQueue, message.content, message.userId);
  }

  addConsumer(consumer: MemoryConsumer): void {
    this.#consumers.push(consumer);
    this.wake();
  }

  removeConsumer(consumer: MemoryConsumer): void {
    const index = this.#consumers.indexOf(consumer);
    if (index === -1) return;
    this.#consumers.splice(index, 1);
    if (this.options.singleActiveConsumer === true) this.wake();
  }

  delete(): void {
    this.#deleted = true;
    this.#fresh.clear();
    this.#returned.clear();
    for (const consumer of [...this.#consumers]) consumer.end("queue_deleted");
  }

  /** A message came, or a consumer has room again. */
  wake(): void {
    this.#surroundings.turns.ask(this);
  }

  get hasWork(): boolean {
    return this.#fresh.length + this.#returned.length > 0 && this.#indexWithRoom() !== -1;
  }

  workOnce(): boolean {
    const index = this.#indexWithRoom();
    const consumer = this.#consumers[index];
    if (consumer === undefined) return false;
    const message = this.#returned.shift() ?? this.#fresh.shift();
    if (message === undefined) return false;
    this.#nextConsumer = index + 1;
    consumer.deliver(message);
    return true;
  }

  /** The consumers take turns, except those that have all they may have. -1 where that is all of them. */
  #indexWithRoom(): number {
    if (this.options.singleActiveConsumer === true) return this.#consumers[0]?.hasRoom === true ? 0 : -1;
    const count = this.#consumers.length;
    for (let step = 0; step < count; step += 1) {
      const index = (this.#nextConsumer + step) % count;
      if (this.#consumers[index]?.hasRoom) return index;
    }
    return -1;
  }
}
