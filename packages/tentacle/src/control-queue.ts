import { type Broker, BrokerError, type Consumer, type MessageHandler } from "@berth/broker";
import type { Logger } from "pino";
import { pause } from "./timing.ts";

const prefetch = 1_000;
/** It is looked for again after as long as it has been looked for already, so that nobody waits twice as long as needed. */
const lookMsFirst = 5;
const lookMsLast = 1_000;

export interface ControlQueueSetup {
  readonly broker: Broker;
  readonly queue: string;
  readonly receive: MessageHandler;
  readonly logger: Logger;
  /** It is not there any more: what was sent to it is lost. */
  readonly onLost: () => void;
  /** It is there again: what was sent to it meanwhile is lost. */
  readonly onRestored: () => void;
  readonly onBrokerStopped: () => void;
}

/**
 * The queue that the server answers to. It is not made here, where nobody may: the server makes it when it is asked for
 * the session, and again when the broker has lost it.
 */
export class ControlQueue {
  readonly #setup: ControlQueueSetup;
  readonly #released: AbortController = new AbortController();
  #consumer: Consumer | null = null;
  #consuming: Promise<void> | null = null;

  constructor(setup: ControlQueueSetup) {
    this.#setup = setup;
  }

  /**
   * Consumes it as soon as it is there; `false`: the signal was aborted before. Rejects with `BrokerError`
   * `broker_stopped`, since then it never is.
   */
  async consumeWhenThere(signal: AbortSignal): Promise<boolean> {
    for (let lookMs = lookMsFirst; !signal.aborted; lookMs = Math.min(2 * lookMs, lookMsLast)) {
      try {
        await this.#consumeOnce();
        return true;
      } catch (error) {
        if (error instanceof BrokerError && error.code === "broker_stopped") throw error;
        this.#setup.logger.debug({ err: error }, "the queue of the session is not there; again soon");
      }
      await pause(lookMs, signal);
    }
    return false;
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#consumer?.release();
  }

  /** Does nothing where it is consumed already. Of two who try at a time, one tries for both. */
  async #consumeOnce(): Promise<void> {
    if (this.#consumer !== null) return;
    this.#consuming ??= this.#consume().finally(() => {
      this.#consuming = null;
    });
    await this.#consuming;
  }

  async #consume(): Promise<void> {
    const { broker, queue, receive, onBrokerStopped } = this.#setup;
    const consumer = await broker.consume(queue, { prefetch }, receive);
    this.#consumer = consumer;
    // Released in the meantime: whoever did that has not seen this one.
    if (this.#released.signal.aborted) await consumer.release();
    void consumer.ended.then((end) => {
      this.#consumer = null;
      if (end === "queue_deleted") void this.#restore();
      if (end === "broker_stopped") onBrokerStopped();
    });
  }

  /** It was lost with the broker, or with a connection that was away for long. */
  async #restore(): Promise<void> {
    const { signal } = this.#released;
    if (signal.aborted) return;
    this.#setup.onLost();
    try {
      if (await this.consumeWhenThere(signal)) this.#setup.onRestored();
    } catch {
      this.#setup.onBrokerStopped();
    }
  }
}
