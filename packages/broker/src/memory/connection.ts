import {
  type Broker,
  type BrokerCapabilities,
  BrokerError,
  type ConsumeOptions,
  type Consumer,
  type MessageHandler,
  type OutgoingMessage,
  type PublishOutcome,
  prefetchMax,
  type QueueFigures,
  type QueueOptions,
} from "../port.ts";
import { MemoryConsumer } from "./consumer.ts";
import type { MemoryServer } from "./server.ts";

export interface ConnectionSetup {
  readonly server: MemoryServer;
  readonly userId: string | null;
  readonly onHandlerError: (error: unknown, queue: string) => void;
}

// One promise for each outcome: at hundreds of thousands of messages a second a promise per message is felt.
const outcomes: Readonly<Record<PublishOutcome, Promise<PublishOutcome>>> = {
  queued: Promise.resolve("queued"),
  unroutable: Promise.resolve("unroutable"),
};

export class MemoryConnection implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly #setup: ConnectionSetup;
  /** Those that get messages or still have some. */
  readonly #consumers: Set<MemoryConsumer> = new Set();
  #state: "new" | "started" | "stopped" = "new";

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
    this.capabilities = { durable: false, authenticatesUsers: setup.userId !== null };
  }

  async start(): Promise<void> {
    if (this.#state === "stopped") throw notRunning("was stopped");
    this.#state = "started";
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    for (const consumer of [...this.#consumers]) consumer.end("broker_stopped");
    this.#setup.server.leave(this);
  }

  async declareQueue(name: string, options: QueueOptions): Promise<void> {
    this.#requireStarted();
    this.#setup.server.declare(name, options, this);
  }

  async deleteQueue(name: string): Promise<void> {
    this.#requireStarted();
    this.#setup.server.delete(name);
  }

  async inspectQueue(name: string): Promise<QueueFigures | null> {
    this.#requireStarted();
    return this.#setup.server.find(name)?.figures ?? null;
  }

  // Not `async`, for the sake of the shared promises.
  publish(message: OutgoingMessage): Promise<PublishOutcome> {
    try {
      this.#requireStarted();
      const userId = this.#vouchedUser(message.userId);
      return outcomes[this.#setup.server.publish(message.queue, message, userId)];
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async consume(queueName: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer> {
    this.#requireStarted();
    const { prefetch } = options;
    if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > prefetchMax) {
      throw new RangeError(`A prefetch of ${prefetch} was asked for; 1 to ${prefetchMax} are possible.`);
    }
    const { server, onHandlerError } = this.#setup;
    const queue = server.queueToConsume(queueName, this);
    const onGone = (gone: MemoryConsumer): void => {
      this.#consumers.delete(gone);
    };
    const consumer = new MemoryConsumer({ queue, prefetch, handler, onHandlerError, onGone });
    this.#consumers.add(consumer);
    queue.addConsumer(consumer);
    return consumer;
  }

  /** Never: these messages are lost only together with the process, and every listener with them. */
  onMessagesLost(_listener: () => void): () => void {
    return () => {};
  }

  /** The sender as the receiver may believe it: nobody, where the connection does not say whose it is. */
  #vouchedUser(claimed: string | undefined): string | null {
    const { userId } = this.#setup;
    if (claimed === undefined || userId === null) return null;
    if (claimed === userId) return userId;
    throw new BrokerError(
      "access_refused",
      `The message names the user "${claimed}", the connection is that of "${userId}".`,
    );
  }

  #requireStarted(): void {
    if (this.#state === "new") throw notRunning("was not started");
    if (this.#state === "stopped") throw notRunning("was stopped");
  }
}

function notRunning(what: string): BrokerError {
  return new BrokerError("broker_stopped", `This connection to the in-process broker ${what}.`);
}
