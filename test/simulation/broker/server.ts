import { BrokerError, type PublishOutcome, type QueueOptions } from "@berth/broker";
import type { Scheduler } from "../world/scheduler.ts";
import type { SentMessage, Settlement } from "./message.ts";
import { type QueuedMessage, ServerQueue } from "./queue.ts";

/** Where the broker sends what concerns one consumer. */
export interface ConsumerOutlet {
  deliver(delivery: number, message: QueuedMessage): void;
  queueDeleted(): void;
}

/** How long a session queue may be without a consumer; ms. */
const sessionQueueMs = 30_000;

/** A consumer as the broker knows it: it ends with its connection. */
export class ServerConsumer {
  readonly queue: ServerQueue;
  readonly #server: BrokerServer;
  readonly #prefetch: number;
  readonly #outlet: ConsumerOutlet;
  readonly #unsettled = new Map<number, QueuedMessage>();
  #deliveries = 0;
  #isActive = true;

  constructor(server: BrokerServer, queue: ServerQueue, prefetch: number, outlet: ConsumerOutlet) {
    this.#server = server;
    this.queue = queue;
    this.#prefetch = prefetch;
    this.#outlet = outlet;
    queue.consumers.push(this);
    queue.holders.add(this);
  }

  get hasRoom(): boolean {
    return this.#isActive && this.#unsettled.size < this.#prefetch;
  }

  deliver(message: QueuedMessage): void {
    this.#deliveries += 1;
    this.#unsettled.set(this.#deliveries, message);
    this.#outlet.deliver(this.#deliveries, message);
  }

  settle(delivery: number, how: Settlement): void {
    const message = this.#unsettled.get(delivery);
    if (message === undefined) return;
    this.#unsettled.delete(delivery);
    if (how === "requeue") this.queue.takeBack([message]);
    else if (how === "refuse") this.#server.refuse(this.queue, message);
    this.queue.deliver();
  }

  cancel(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.queue.consumers.splice(this.queue.consumers.indexOf(this), 1);
    if (this.queue.options.singleActiveConsumer === true) this.queue.deliver();
    this.#server.mayHaveLostItsConsumers(this.queue);
  }

  /** Gives back what is not settled, before anybody else gets what comes after it. */
  release(): void {
    if (this.#isActive) this.queue.consumers.splice(this.queue.consumers.indexOf(this), 1);
    this.#isActive = false;
    this.queue.holders.delete(this);
    const messages = [...this.#unsettled.values()];
    this.#unsettled.clear();
    this.queue.takeBack(messages);
    this.queue.deliver();
    this.#server.mayHaveLostItsConsumers(this.queue);
  }

  /** Its queue is gone. */
  queueDeleted(): void {
    this.#isActive = false;
    this.#unsettled.clear();
    this.#outlet.queueDeleted();
  }

  /** The broker was restarted: what was on its disk is in the queue again. */
  forget(): readonly QueuedMessage[] {
    this.#isActive = false;
    const kept = [...this.#unsettled.values()].filter(({ persistent }) => persistent);
    this.#unsettled.clear();
    return kept;
  }
}

/** The queues of a broker, without any way to it: see the connection. */
export class BrokerServer {
  isUp = true;
  readonly #scheduler: Scheduler;
  readonly #queues = new Map<string, ServerQueue>();
  readonly #restartListeners = new Set<() => void>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  find(name: string): ServerQueue | undefined {
    return this.#queues.get(name);
  }

  declare(name: string, options: QueueOptions): void {
    const known = this.#queues.get(name);
    if (known === undefined) {
      const queue = new ServerQueue(name, { ...options });
      this.#queues.set(name, queue);
      this.mayHaveLostItsConsumers(queue);
      return;
    }
    const { deadLetterQueue, lifetime, singleActiveConsumer = false } = known.options;
    const isOneReader = options.singleActiveConsumer ?? false;
    if (
      deadLetterQueue === options.deadLetterQueue &&
      lifetime === options.lifetime &&
      singleActiveConsumer === isOneReader
    )
      return;
    throw new BrokerError("queue_mismatch", `the queue "${name}" exists with other options`);
  }

  delete(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) return;
    this.#queues.delete(name);
    queue.isDeleted = true;
    queue.clear();
    for (const consumer of queue.consumers.splice(0)) consumer.queueDeleted();
  }

  publish(name: string, message: SentMessage): PublishOutcome {
    const queue = this.#queues.get(name);
    if (queue === undefined) return "unroutable";
    queue.add(message);
    return "queued";
  }

  consume(name: string, prefetch: number, outlet: ConsumerOutlet): ServerConsumer {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new BrokerError("queue_unknown", `there is no queue "${name}"`);
    const consumer = new ServerConsumer(this, queue, prefetch, outlet);
    queue.deliver();
    return consumer;
  }

  refuse(queue: ServerQueue, message: SentMessage): void {
    const { deadLetterQueue } = queue.options;
    if (!queue.isDeleted && deadLetterQueue !== null) this.publish(deadLetterQueue, message);
  }

  /** A session queue that nobody consumes for a while goes away. */
  mayHaveLostItsConsumers(queue: ServerQueue): void {
    if (queue.options.lifetime !== "session" || queue.consumers.length > 0) return;
    this.#scheduler.after(sessionQueueMs, "session queue", () => {
      if (queue.consumers.length === 0 && this.#queues.get(queue.name) === queue) this.delete(queue.name);
    });
  }

  /** It goes down, with all connections and all that was not on its disk, and is back after a while. */
  restart(downMs: number): void {
    if (!this.isUp) return;
    this.isUp = false;
    for (const queue of [...this.#queues.values()]) {
      const kept = [...queue.holders].flatMap((consumer) => consumer.forget());
      queue.consumers.splice(0);
      queue.holders.clear();
      queue.forgetTransient();
      if (queue.options.lifetime === "session") this.#queues.delete(queue.name);
      else queue.takeBack(kept);
    }
    for (const listener of [...this.#restartListeners]) listener();
    this.#scheduler.after(downMs, "broker is up", () => {
      this.isUp = true;
    });
  }

  /** `listener` is called when it goes down. */
  onRestart(listener: () => void): () => void {
    this.#restartListeners.add(listener);
    return () => this.#restartListeners.delete(listener);
  }
}
