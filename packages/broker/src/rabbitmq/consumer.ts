import type { Consumer, ConsumerEnd, MessageHandler } from "../port.ts";
import type { ConsumerChannel } from "./consumer-channel.ts";

/** A consumer as its owner sees it. It outlives the channels that it is on, one after the other. */
export class RabbitmqConsumer implements Consumer {
  readonly queue: string;
  readonly prefetch: number;
  readonly handler: MessageHandler;
  readonly ended: Promise<ConsumerEnd>;
  /** Where it gets its messages, or still has some; `null` while it has to be put on one. */
  channel: ConsumerChannel | null = null;
  /** It is being put on a channel. */
  attaching: Promise<void> | null = null;
  isActive = true;
  readonly #onEnd: (consumer: RabbitmqConsumer) => void;
  readonly #resolveEnded: (end: ConsumerEnd) => void;
  #released: Promise<void> | null = null;

  constructor(
    queue: string,
    prefetch: number,
    handler: MessageHandler,
    onEnd: (consumer: RabbitmqConsumer) => void,
  ) {
    this.queue = queue;
    this.prefetch = prefetch;
    this.handler = handler;
    this.#onEnd = onEnd;
    const { promise, resolve } = Promise.withResolvers<ConsumerEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  async cancel(): Promise<void> {
    this.end("cancelled");
    await this.attaching;
    await this.channel?.cancel(this);
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** It gets no message any more. What it has stays with its channel. */
  end(reason: ConsumerEnd): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.#onEnd(this);
    this.#resolveEnded(reason);
  }

  async #release(): Promise<void> {
    this.end("cancelled");
    await this.attaching;
    await this.channel?.release(this);
  }
}
