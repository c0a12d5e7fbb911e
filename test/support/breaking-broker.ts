// A connection whose channels break at a word: as RabbitMQ closes one when a delivery was not acknowledged in time.
import type {
  Broker,
  BrokerCapabilities,
  ConsumeOptions,
  Consumer,
  ConsumerEnd,
  MessageHandler,
  OutgoingMessage,
  PublishOutcome,
  QueueFigures,
  QueueOptions,
} from "@berth/broker";

/**
 * What an adapter does for its users when a channel was closed: the broker delivers again what was not settled, marked
 * so; what still settles it over the old channel is dropped; and the consumer goes on.
 */
export class BreakingBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly #broker: Broker;
  readonly #consumers = new Set<BreakingConsumer>();

  constructor(broker: Broker) {
    this.#broker = broker;
    this.capabilities = broker.capabilities;
  }

  /** Resolves when all consumers of the queue go on over another channel. */
  async breakChannels(queue: string): Promise<void> {
    for (const consumer of this.#consumers) if (consumer.queue === queue) await consumer.break();
  }

  async consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer> {
    const consumer = new BreakingConsumer(queue, () => this.#broker.consume(queue, options, handler));
    await consumer.begin();
    this.#consumers.add(consumer);
    return consumer;
  }

  start(): Promise<void> {
    return this.#broker.start();
  }

  stop(): Promise<void> {
    return this.#broker.stop();
  }

  declareQueue(name: string, options: QueueOptions): Promise<void> {
    return this.#broker.declareQueue(name, options);
  }

  deleteQueue(name: string): Promise<void> {
    return this.#broker.deleteQueue(name);
  }

  inspectQueue(name: string): Promise<QueueFigures | null> {
    return this.#broker.inspectQueue(name);
  }

  publish(message: OutgoingMessage): Promise<PublishOutcome> {
    return this.#broker.publish(message);
  }

  onMessagesLost(listener: () => void): () => void {
    return this.#broker.onMessagesLost(listener);
  }
}

class BreakingConsumer implements Consumer {
  readonly queue: string;
  readonly ended: Promise<ConsumerEnd>;
  readonly #consume: () => Promise<Consumer>;
  readonly #end: (end: ConsumerEnd) => void;
  #consumer: Consumer | null = null;

  constructor(queue: string, consume: () => Promise<Consumer>) {
    this.queue = queue;
    this.#consume = consume;
    ({ promise: this.ended, resolve: this.#end } = Promise.withResolvers<ConsumerEnd>());
  }

  async begin(): Promise<void> {
    const consumer = await this.#consume();
    this.#consumer = consumer;
    void consumer.ended.then((end) => {
      if (this.#consumer === consumer) this.#end(end);
    });
  }

  async break(): Promise<void> {
    const broken = this.#consumer;
    this.#consumer = null;
    await broken?.release();
    await this.begin();
  }

  async cancel(): Promise<void> {
    await this.#consumer?.cancel();
  }

  async release(): Promise<void> {
    await this.#consumer?.release();
  }
}
