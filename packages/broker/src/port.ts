/**
 * What Berth asks of a message broker. Each adapter passes `test/contract/broker` against the real thing.
 *
 * A queue is named, and delivers each message to one of its consumers. A message that was delivered stays with its
 * consumer until it is settled: acked (gone), or nacked (back to the queue, or to the dead letters). When a consumer
 * is lost, what it had not settled is delivered again, marked `redelivered`. So a message may come more than once.
 *
 * A queue delivers in the order in which it was filled. What comes back stands ahead of all that was never delivered;
 * what a lost or released consumer held comes back in the order in which it had come. No more than that: a message
 * that was given back before, or was still on its way to the consumer, and what two consumers held, may stand
 * otherwise among what came back (RabbitMQ's quorum queues return what they have in the order in which they hear of it).
 */
export interface Broker {
  readonly capabilities: BrokerCapabilities;
  /**
   * Idempotent. Resolves when messages can be sent. Rejects with `BrokerError` when that is impossible. Before it, and
   * after `stop`, every other call rejects with `broker_stopped`; what was stopped is not started again.
   */
  start(): Promise<void>;
  /**
   * Idempotent. Cancels all consumers; what they had not settled goes back to its queue. The broker hears of what was
   * settled before it hears of the end (a quorum queue of RabbitMQ forgets all the same what came after the first 32
   * commands of a burst). A publish that is under way has its answer when this resolves.
   */
  stop(): Promise<void>;
  /**
   * Idempotent for the same options; rejects with `BrokerError` `queue_mismatch` for others. A connection that may not
   * declare queues only looks whether it is there, and rejects with `queue_unknown` where it is not.
   */
  declareQueue(name: string, options: QueueOptions): Promise<void>;
  /** Deletes the queue with what waits in it, and cancels its consumers. No error where there is none. */
  deleteQueue(name: string): Promise<void>;
  /**
   * Messages that wait in the queue, and its consumers; `null` where there is no such queue. A broker may count the
   * question as a use of the queue: a `session` queue that is asked about all the time is never deleted.
   */
  inspectQueue(name: string): Promise<QueueFigures | null>;
  /**
   * Sends one message. Resolves with `queued` when the broker has taken responsibility for it (for a persistent
   * message on a durable broker: it is on disk), with `unroutable` when no queue of that name exists.
   * Rejects with `BrokerError` when it is unknown whether the broker has it.
   * What one connection sends to one queue stands there in the order of the calls; none needs to wait for the one before.
   */
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  /**
   * Starts a consumer; its messages come in the order of the queue, at most `prefetch` unsettled at a time. The first
   * may come before this resolves. The consumer outlives a lost connection to the broker.
   * Rejects with `BrokerError` `queue_unknown` where there is no such queue.
   */
  consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer>;
  /**
   * Called when the broker may have lost transient messages, once messages can be sent again. A client cannot tell a
   * restart of the broker from a broken connection, so it is called after each reconnect. Returns how to stop listening.
   */
  onMessagesLost(listener: () => void): () => void;
}

export interface BrokerCapabilities {
  /** A persistent message that was confirmed survives the end of the broker's process. */
  readonly durable: boolean;
  /** The broker itself vouches for `userId`. */
  readonly authenticatesUsers: boolean;
}

export interface QueueOptions {
  /** Where a message goes that is nacked without requeue. `null`, or no such queue at that moment: it is dropped. */
  readonly deadLetterQueue: string | null;
  /**
   * All messages go to the consumer that came first, and to the next one when that has ended: so they are read in their
   * order, by one reader at a time. Left out or `false`: consumers compete.
   */
  readonly singleActiveConsumer?: boolean;
  /** `durable`: survives a restart of a durable broker. `session`: is deleted when nobody has consumed it for a while. */
  readonly lifetime: "durable" | "session";
  /**
   * `record`: what is in it may be the only copy there is, so it must outlive the loss of one of the broker's machines.
   * `copies`: whoever sent it knows it and sends it again where it is lost, so speed counts for more. Left out: `copies`.
   * A broker that keeps both in the same way does not tell them apart.
   */
  readonly content?: "record" | "copies";
  /** A connection that may only send may send to it, where the broker has such connections. Left out: `false`. */
  readonly open?: boolean;
}

export interface QueueFigures {
  /** Messages that are not with a consumer. */
  readonly waiting: number;
  /** A cancelled one that has messages to settle may be counted. One in reserve, where there is a single active one, may not. */
  readonly consumers: number;
}

export interface OutgoingMessage {
  readonly queue: string;
  /** Is not copied: nobody may write to it any more. */
  readonly body: Buffer;
  /** What the body says, where that is JSON: an adapter that does not leave the process need not write and read it. */
  readonly value?: unknown;
  /** Must survive a restart of a durable broker. */
  readonly persistent: boolean;
  /**
   * Name of the broker's user that sends it, if the broker shall vouch for it. `access_refused` where the broker vouches
   * and the connection is another user's.
   */
  readonly userId?: string;
}

export type PublishOutcome = "queued" | "unroutable";

export interface ConsumeOptions {
  /** How many messages may be unsettled at a time, 1 to `prefetchMax`; `RangeError` otherwise. */
  readonly prefetch: number;
}

/** AMQP carries it in 16 bits, where 0 means without limit. */
export const prefetchMax = 65_535;

/**
 * Called once for each message, never from inside `publish`. It must not throw; a throw is reported to the adapter's
 * logger and nacks without requeue. It must not return a promise that rejects either: nobody waits for it.
 */
export type MessageHandler = (message: IncomingMessage) => void;

export interface IncomingMessage {
  readonly queue: string;
  readonly body: Buffer;
  /** The body as a JSON value, which nobody may change. Throws `SyntaxError` where it is none. */
  json(): unknown;
  /**
   * It was sent to a consumer before, to this or another one, which need not have seen it. A dead letter may be marked
   * from the start, for what happened to it in the queue it comes from.
   */
  readonly redelivered: boolean;
  /** The user the broker vouches for, or `null`. */
  readonly userId: string | null;
  /** It is done with. A message that is settled already, or came over a connection that is gone, is ignored. */
  ack(): void;
  /**
   * `requeue`: back into the queue, ahead of all that was not delivered yet; else to the end of the dead-letter queue.
   * Ignored where `ack` would be.
   */
  nack(requeue: boolean): void;
}

export interface Consumer {
  /** Resolves when the consumer gets no further message, with the reason. Never rejects. */
  readonly ended: Promise<ConsumerEnd>;
  /**
   * Resolves when no further message will come. Unsettled messages stay with this consumer, so that they can still be
   * settled, until `release` or the end of the broker. Idempotent.
   */
  cancel(): Promise<void>;
  /**
   * Gives all unsettled messages back to the queue, as the loss of the consumer would: at the instant in which it ends, so
   * that the next single active consumer reads nothing before them. Idempotent.
   */
  release(): Promise<void>;
}

/** Why a consumer ended: `cancel` or `release` was called; its queue is gone; the broker was stopped. */
export type ConsumerEnd = "cancelled" | "queue_deleted" | "broker_stopped";

/**
 * - `queue_unknown`: there is no queue of that name
 * - `queue_mismatch`: the queue exists with other options
 * - `access_refused`: the broker's user may not do this, or names another user as the sender
 * - `broker_stopped`: this connection was not started or is stopped
 * - `broker_unreachable`: the broker does not answer; nothing was sent
 * - `outcome_unknown`: it was sent, and the connection ended before the broker answered
 */
export type BrokerErrorCode =
  | "queue_unknown"
  | "queue_mismatch"
  | "access_refused"
  | "broker_stopped"
  | "broker_unreachable"
  | "outcome_unknown";

export class BrokerError extends Error {
  readonly code: BrokerErrorCode;
  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BrokerError";
    this.code = code;
  }
}
