import type { Broker, Consumer, MessageHandler } from "@berth/broker";
import type { Logger } from "pino";
import { BackOff } from "./back-off.ts";
import { pause } from "./timing.ts";

const prefetch = 1_000;

export interface ControlQueueSetup {
  readonly broker: Broker;
  readonly queue: string;
  readonly receive: MessageHandler;
  readonly logger: Logger;
  /** It was lost and made again: what was sent to it meanwhile is lost. */
  readonly onRestored: () => void;
  readonly onBrokerStopped: () => void;
}

/** The queue that the server answers to: made, consumed, and made again when it is lost. */
export class ControlQueue {
  readonly #setup: ControlQueueSetup;
  readonly #released: AbortController = new AbortController();
  #consumer: Consumer | null = null;

  constructor(setup: ControlQueueSetup) {
    this.#setup = setup;
  }

  /** Does nothing where it is consumed already. */
  async consume(): Promise<void> {
    if (this.#consumer !== null) return;
    const { broker, queue, receive, onBrokerStopped } = this.#setup;
    await broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "session" });
    const consumer = await broker.consume(queue, { prefetch }, receive);
    this.#consumer = consumer;
    void consumer.ended.then((end) => {
      this.#consumer = null;
      if (end === "queue_deleted") void this.#restore();
      if (end === "broker_stopped") onBrokerStopped();
    });
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#consumer?.release();
    await this.#setup.broker.deleteQueue(this.#setup.queue);
  }

  /** It was lost with the broker, or with a connection that was away for long. */
  async #restore(): Promise<void> {
    const backOff = new BackOff();
    while (!this.#released.signal.aborted) {
      try {
        await this.consume();
        this.#setup.onRestored();
        return;
      } catch (error) {
        this.#setup.logger.debug({ err: error }, "the queue of the session cannot be made; again soon");
        await pause(backOff.next(), this.#released.signal);
      }
    }
  }
}
