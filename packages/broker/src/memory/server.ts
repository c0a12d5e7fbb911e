import { BrokerError, type PublishOutcome, type QueueOptions } from "../port.ts";
import { MemoryQueue } from "./queue.ts";
import type { Content } from "./stored-message.ts";
import { Turns } from "./turns.ts";

/** The queues that several connections share. A connection is known here only by its identity. */
export class MemoryServer {
  readonly #queues: Map<string, MemoryQueue> = new Map();
  /** Who declared or consumed each session queue. */
  readonly #sessionUsers: Map<MemoryQueue, Set<object>> = new Map();
  readonly #turns: Turns = new Turns();

  find(name: string): MemoryQueue | undefined {
    return this.#queues.get(name);
  }

  declare(name: string, options: QueueOptions, connection: object): void {
    const queue = this.#queues.get(name) ?? this.#create(name, options);
    if (described(queue.options) !== described(options)) {
      throw new BrokerError(
        "queue_mismatch",
        `The queue "${name}" exists with ${described(queue.options)}, not with ${described(options)}.`,
      );
    }
    this.#sessionUsers.get(queue)?.add(connection);
  }

  /** The queue of that name, which the connection is about to consume. */
  queueToConsume(name: string, connection: object): MemoryQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new BrokerError("queue_unknown", `There is no queue "${name}".`);
    this.#sessionUsers.get(queue)?.add(connection);
    return queue;
  }

  delete(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    this.#queues.delete(name);
    this.#sessionUsers.delete(queue);
    queue.delete();
  }

  publish(queueName: string, content: Content, userId: string | null): PublishOutcome {
    const queue = this.#queues.get(queueName);
    if (queue === undefined) return "unroutable";
    queue.add(content, userId);
    return "queued";
  }

  /** Deletes the session queues that this connection used and nobody consumes. It has released its consumers before. */
  leave(connection: object): void {
    for (const [queue, users] of this.#sessionUsers) {
      if (users.delete(connection) && queue.figures.consumers === 0) this.delete(queue.name);
    }
  }

  #create(name: string, options: QueueOptions): MemoryQueue {
    const queue = new MemoryQueue(name, { ...options }, { turns: this.#turns, deadLetters: this });
    this.#queues.set(name, queue);
    if (options.lifetime === "session") this.#sessionUsers.set(queue, new Set());
    return queue;
  }
}

function described({ deadLetterQueue, lifetime, singleActiveConsumer = false }: QueueOptions): string {
  return JSON.stringify({ deadLetterQueue, lifetime, singleActiveConsumer });
}
