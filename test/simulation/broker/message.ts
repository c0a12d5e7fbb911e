import type { IncomingMessage, OutgoingMessage } from "@berth/broker";

/** A message as the broker has it. */
export interface SentMessage {
  readonly content: Pick<OutgoingMessage, "body" | "value">;
  readonly persistent: boolean;
  readonly userId: string | null;
}

/** How a message that was delivered is settled. */
export type Settlement = "ack" | "requeue" | "refuse";

/** A message as a consumer gets it; settling it twice does nothing. */
export class DeliveredMessage implements IncomingMessage {
  readonly queue: string;
  readonly redelivered: boolean;
  readonly userId: string | null;
  readonly #content: SentMessage["content"];
  #settle: ((how: Settlement) => void) | null;

  constructor(
    queue: string,
    { content, userId, redelivered }: SentMessage & { readonly redelivered: boolean },
    settle: (how: Settlement) => void,
  ) {
    this.queue = queue;
    this.redelivered = redelivered;
    this.userId = userId;
    this.#content = content;
    this.#settle = settle;
  }

  get body(): Buffer {
    return this.#content.body;
  }

  json(): unknown {
    const { value, body } = this.#content;
    return value === undefined ? JSON.parse(body.toString()) : value;
  }

  ack(): void {
    this.#settleOnce("ack");
  }

  nack(requeue: boolean): void {
    this.#settleOnce(requeue ? "requeue" : "refuse");
  }

  #settleOnce(how: Settlement): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(how);
  }
}
