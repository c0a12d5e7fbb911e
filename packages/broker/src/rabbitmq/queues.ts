import type { Channel } from "amqplib";
import { BrokerError, type QueueFigures, type QueueOptions } from "../port.ts";
import type { Control } from "./control.ts";
import type { Settings } from "./options.ts";
import { queueArguments } from "./queue-arguments.ts";

/** Declares queues, and remembers which: a broker that comes back may have lost them. */
export class Queues {
  readonly #settings: Settings;
  readonly #control: Control;
  readonly #declared: Map<string, QueueOptions> = new Map();

  constructor(settings: Settings, control: Control) {
    this.#settings = settings;
    this.#control = control;
  }

  /** Known of those that were declared here. */
  hasSingleActiveConsumer(queue: string): boolean {
    return this.#declared.get(queue)?.singleActiveConsumer === true;
  }

  async declare(queue: string, options: QueueOptions): Promise<void> {
    if (this.#settings.restricted) {
      await this.#control.run(queue, (channel) => channel.checkQueue(queue));
      return;
    }
    await this.#control.run(queue, (channel) => this.#assert(channel, queue, options));
    this.#declared.set(queue, { ...options });
  }

  async delete(queue: string): Promise<void> {
    if (this.#settings.restricted) return;
    this.#declared.delete(queue);
    await this.#control.run(queue, async (channel) => {
      await channel.deleteQueue(queue);
      await channel.deleteExchange(queue);
    });
  }

  async inspect(queue: string): Promise<QueueFigures | null> {
    try {
      const found = await this.#control.run(queue, (channel) => channel.checkQueue(queue));
      return { waiting: found.messageCount, consumers: found.consumerCount };
    } catch (error) {
      if (error instanceof BrokerError && error.code === "queue_unknown") return null;
      throw error;
    }
  }

  /** There is a new connection. */
  async linkUp(): Promise<void> {
    const { logger } = this.#settings;
    const again = Array.from(this.#declared, ([queue, options]) =>
      this.#control
        .run(queue, (channel) => this.#assert(channel, queue, options))
        .catch((error: unknown) =>
          logger.warn({ err: error, queue }, "the queue could not be declared again"),
        ),
    );
    await Promise.all(again);
  }

  async #assert(channel: Channel, queue: string, options: QueueOptions): Promise<void> {
    await channel.assertQueue(queue, queueArguments(options, this.#settings));
    if (options.open !== true) return;
    await channel.assertExchange(queue, "direct", { durable: true });
    await channel.bindQueue(queue, queue, queue);
  }
}
