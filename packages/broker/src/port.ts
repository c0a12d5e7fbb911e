/**
 * What Berth asks of a message broker. Each adapter passes `test/contract/broker` against the real thing.
 *
 * A queue is named, and delivers each message to one of its consumers. A message that was delivered stays with its
 * consumer until it is settled: acked (gone), or nacked (back to the queue, or to the dead letters). When a consumer
 * is lost, what it had not settled is delivered again, marked `redelivered`.
 */
export interface Broker {
  readonly capabilities: BrokerCapabilities;
  /** Idempotent. Resolves when messages can be sent. Rejects with `BrokerError` when that is impossible. */
  start(): Promise<void>;
  /** Idempotent. Cancels all consumers; what they had not settled goes back to its queue. */
  stop(): Promise<void>;
  /** Idempotent for the same options; rejects with `BrokerError` `queue_mismatch` for others. */
  declareQueue(name: string, options: QueueOptions): Promise<void>;
  /** Deletes the queue with what waits in it, and cancels its consumers. No error where there is none. */
  deleteQueue(name: string): Promise<void>;
  /** Messages that wait in the queue, and its consumers; `null` where there is no such queue. */
  inspectQueue(name: string): Promise<QueueFigures | null>;
  /**
   * Sends one message. Resolves with `queued` when the broker has taken responsibility for it (for a persistent
   * message on a durable broker: it is on disk), with `unroutable` when no queue of that name exists.
   * Rejects with `BrokerError` when it is unknown whether the broker has it.
   */
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  /**
   * Starts a consumer; its messages come in the order of the queue, at most `prefetch` unsettled at a time.
   * Rejects with `BrokerError` `queue_unknown` where there is no such queue.
   */
  consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer>;
  /** Called when the broker may have lost transient messages (it was restarted). Returns how to stop listening. */
  onMessagesLost(listener: () => void): () => void;
}

export interface BrokerCapabilities {
  /** A persistent message that was confirmed survives the end of the broker's process. */
  readonly durable: boolean;
  /** The broker itself vouches for `userId`. */
  readonly authenticatesUsers: boolean;
}

export interface QueueOptions {
  /** Where a message goes that is nacked without requeue. `null`: nowhere, it is dropped. */
  readonly deadLetterQueue: string | null;
  /** `durable`: survives a restart of a durable broker. `session`: is deleted when nobody has consumed it for a while. */
  readonly lifetime: "durable" | "session";
}

export interface QueueFigures {
  /** Messages that are not with a consumer. */
  readonly waiting: number;
  readonly consumers: number;
}

export interface OutgoingMessage {
  readonly queue: string;
  readonly body: Buffer;
  /** Must survive a restart of a durable broker. */
  readonly persistent: boolean;
  /** Name of the broker's user that sends it, if the broker shall vouch for it. */
  readonly userId?: string;
}

export type PublishOutcome = "queued" | "unroutable";

export interface ConsumeOptions {
  /** How many messages may be unsettled at a time; 1 or more. */
  readonly prefetch: number;
}

/** Called once for each message. It must not throw; a throw is reported to the adapter's logger and nacks without requeue. */
export type MessageHandler = (message: IncomingMessage) => void;

export interface IncomingMessage {
  readonly queue: string;
  readonly body: Buffer;
  /** It was delivered before, to this or another consumer. */
  readonly redelivered: boolean;
  /** The user the broker vouches for, or `null`. */
  readonly userId: string | null;
  /** It is done with. A message that is settled already, or came over a connection that is gone, is ignored. */
  ack(): void;
  /** `requeue`: back to where it was in the queue; else to the dead-letter queue. Ignored where `ack` would be. */
  nack(requeue: boolean): void;
}

export interface Consumer {
  /**
   * Resolves when no further message will come. Unsettled messages stay with this consumer, so that they can still be
   * settled, until `release` or the end of the broker.
   */
  cancel(): Promise<void>;
  /** Gives all unsettled messages back to the queue, as the loss of the consumer would. Cancels first. */
  release(): Promise<void>;
}

export type BrokerErrorCode = "queue_unknown" | "queue_mismatch" | "broker_stopped" | "broker_unreachable" | "outcome_unknown";

export class BrokerError extends Error {
  readonly code: BrokerErrorCode;
  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BrokerError";
    this.code = code;
  }
}
