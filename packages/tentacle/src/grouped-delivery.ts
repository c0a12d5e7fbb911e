import type { IncomingMessage } from "@berth/broker";

/**
 * A delivery that came with others in the queue of the session. There is nothing to settle for the broker: the message is gone as
 * soon as it has been read. Whatever is not run of it stays granted to this session, and its end tells.
 */
export class GroupedDelivery implements IncomingMessage {
  readonly queue: string;
  readonly redelivered = false;
  readonly userId = null;
  readonly #value: unknown;

  constructor(queue: string, value: unknown) {
    this.queue = queue;
    this.#value = value;
  }

  get body(): Buffer {
    return Buffer.from(JSON.stringify(this.#value));
  }

  json(): unknown {
    return this.#value;
  }

  ack(): void {}

  nack(): void {}
}
