import type { IncomingMessage, MessageHandler } from "@berth/broker";

/** A handler that keeps what comes, so that a test can wait for it and settle it when it likes. */
export class Receiver {
  /** All that came, in order. */
  readonly messages: IncomingMessage[] = [];
  readonly #onMessage: MessageHandler;
  #taken = 0;
  #wake: () => void = () => {};

  /** `onMessage` runs within the handler. */
  constructor(onMessage: MessageHandler = () => {}) {
    this.#onMessage = onMessage;
  }

  readonly handler: MessageHandler = (message) => {
    this.messages.push(message);
    this.#wake();
    this.#onMessage(message);
  };

  /** The next messages that were not taken yet, as soon as there are so many. */
  async take(count: number): Promise<IncomingMessage[]> {
    while (this.messages.length < this.#taken + count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#taken += count;
    return this.messages.slice(this.#taken - count, this.#taken);
  }

  async next(): Promise<IncomingMessage> {
    const [message] = await this.take(1);
    return message!;
  }
}

export function texts(messages: readonly IncomingMessage[]): string[] {
  return messages.map(({ body }) => body.toString());
}

/** As `texts`, with a `+` behind what is redelivered. */
export function marked(messages: readonly IncomingMessage[]): string[] {
  return messages.map(({ body, redelivered }) => `${body}${redelivered ? "+" : ""}`);
}
