import type { Broker, Consumer } from "@berth/broker";
import type { Topology } from "@berth/protocol";

/**
 * How many processes dispatch the same list of spaces at this time. Each of them consumes a queue to which nobody ever
 * sends anything, and asks the broker how many do: so there is no list of members that could be wrong or left behind.
 */
export class Attendance {
  readonly #broker: Broker;
  readonly #queue: string;
  #consumer: Consumer | null = null;

  constructor(broker: Broker, topology: Topology, spaces: readonly string[]) {
    this.#broker = broker;
    this.#queue = topology.attendance(spaces);
  }

  /** This one counts too. One that stands still counts until the broker has given up its connection. */
  async count(): Promise<number> {
    this.#consumer ??= await this.#attend();
    const figures = await this.#broker.inspectQueue(this.#queue);
    return Math.max(1, figures?.consumers ?? 1);
  }

  /** Idempotent. It does not count any more. */
  async leave(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = null;
    await consumer?.release();
  }

  async #attend(): Promise<Consumer> {
    await this.#broker.declareQueue(this.#queue, { lifetime: "session", deadLetterQueue: null });
    const consumer = await this.#broker.consume(this.#queue, { prefetch: 1 }, (message) => message.ack());
    void consumer.ended.then(() => {
      if (this.#consumer === consumer) this.#consumer = null;
    });
    return consumer;
  }
}
