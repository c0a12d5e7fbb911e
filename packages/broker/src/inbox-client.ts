import { BerthError, type InboxItem, OutboxMessage, type ReplyBody, type Topology } from "@berth/protocol";
import { OpenRequests } from "./inbox/open-requests.ts";
import { type ItemBatch, Outgoing } from "./inbox/outgoing.ts";
import { Watches, type WatchListener } from "./inbox/watches.ts";
import { JsonMessage } from "./json-message.ts";
import { type Broker, BrokerError, type Consumer, type IncomingMessage } from "./port.ts";

/** How a process on the server's side talks to the owners of spaces. */
export interface InboxClient {
  /** What a tentacle has to know of the broker. */
  readonly access: { readonly vouchesForUsers: boolean; readonly prefix: string };
  /** Declares and consumes the queue of its answers. The broker is started by whoever made it. Idempotent. */
  start(): Promise<void>;
  /** Rejects what is still open and deletes the queue of its answers. Idempotent. */
  stop(): Promise<void>;
  /**
   * Resolves with the answer, which may be a refusal. Rejects with a `BerthError`: `space_unknown`,
   * `broker_unavailable` (nothing was done), or `answer_late` (it may still take effect).
   */
  request(space: string, item: InboxItem): Promise<ReplyBody>;
  /** The same for items that stay together in one message, and so in one commit; one answer each, in their order. */
  requestMany(space: string, items: readonly InboxItem[]): Promise<ReplyBody[]>;
  /**
   * Tells of each change of the task until the returned function is called. A notice with the state `null` says that
   * there may be something new: it also comes whenever the watch has begun, so what is read after it misses nothing.
   */
  watch(space: string, task: string, listener: WatchListener): () => void;
}

export interface InboxClientSetup {
  readonly broker: Broker;
  readonly topology: Topology;
  /** Names its queue of answers, so no two may have the same. A `Name`. */
  readonly client: string;
  /** The broker's user whose connection it is, where the broker vouches for users. */
  readonly brokerUser?: string | null;
  readonly answerTimeoutMs: number;
  /** For how long a watch is asked for at a time. */
  readonly watchMs?: number;
  readonly clock?: () => number;
  readonly logger?: InboxClientLogger;
}

/** The part of a logger such as pino's that is needed here. */
export interface InboxClientLogger {
  warn(fields: object, message: string): void;
}

const defaultWatchMs = 60_000;
/** Until it is tried again to have a queue of answers. */
const consumeAgainMs = 500;
const answersPrefetch = 1000;

export function createInboxClient(setup: InboxClientSetup): InboxClient {
  return new Client(setup);
}

class Client implements InboxClient {
  readonly access: InboxClient["access"];
  readonly #setup: InboxClientSetup;
  readonly #answers: string;
  readonly #open: OpenRequests;
  readonly #outgoing: Outgoing;
  readonly #watches: Watches;
  #consumer: Promise<Consumer> | null = null;
  #cancelRetry: () => void = () => {};

  constructor(setup: InboxClientSetup) {
    const { topology, client, answerTimeoutMs, watchMs = defaultWatchMs, clock = Date.now } = setup;
    this.#setup = setup;
    const { authenticatesUsers: vouchesForUsers } = setup.broker.capabilities;
    this.access = { vouchesForUsers, prefix: topology.prefix };
    this.#answers = topology.replies(client);
    this.#open = new OpenRequests(answerTimeoutMs, () => lateError(answerTimeoutMs));
    this.#outgoing = new Outgoing((batch) => void this.#publish(batch));
    this.#watches = new Watches({
      watchMs,
      clock,
      request: (space, items) => this.requestMany(space, items),
      warn: (error, message) => this.#warn(error, message),
    });
  }

  async start(): Promise<void> {
    this.#consumer ??= this.#consume();
    try {
      await this.#consumer;
    } catch (error) {
      this.#consumer = null;
      throw error;
    }
  }

  async stop(): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === null) return;
    this.#consumer = null;
    this.#cancelRetry();
    this.#watches.stop();
    this.#open.failAll(
      new BerthError("answer_late", "the process is stopping; what was asked may still take effect"),
    );
    try {
      await (await consumer).release();
      await this.#setup.broker.deleteQueue(this.#answers);
    } catch (error) {
      // The queue goes away by itself when nobody consumes it.
      this.#warn(error, "the queue of answers could not be deleted");
    }
  }

  async request(space: string, item: InboxItem): Promise<ReplyBody> {
    const [reply] = await this.requestMany(space, [item]);
    if (reply === undefined) throw new Error(`the item "${item.id}" has no answer`);
    return reply;
  }

  requestMany(space: string, items: readonly InboxItem[]): Promise<ReplyBody[]> {
    if (this.#consumer === null) {
      return Promise.reject(
        new BerthError("broker_unavailable", "the process is not connected yet, or stops"),
      );
    }
    const ids = items.map(({ id }) => id);
    const replies = this.#open.open(ids);
    try {
      this.#outgoing.add(space, items);
    } catch (error) {
      // What cannot be written as JSON is not sent, so nobody would ever answer it.
      this.#open.fail(ids, error instanceof Error ? error : new Error(String(error)));
    }
    return replies;
  }

  watch(space: string, task: string, listener: WatchListener): () => void {
    return this.#watches.add(space, task, listener);
  }

  async #consume(): Promise<Consumer> {
    const { broker } = this.#setup;
    await broker.declareQueue(this.#answers, { deadLetterQueue: null, lifetime: "session" });
    const consumer = await broker.consume(this.#answers, { prefetch: answersPrefetch }, this.#receive);
    void consumer.ended.then((end) => {
      if (end === "queue_deleted") this.#consumeAgain();
    });
    return consumer;
  }

  /** The queue is gone, perhaps with the broker. Requests that are open find their end by the time. */
  #consumeAgain(): void {
    if (this.#consumer === null) return;
    this.#consumer = this.#consume();
    this.#consumer.catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === "broker_stopped") return;
      this.#warn(error, "the queue of answers is gone and could not be declared again; again soon");
      const timer = setTimeout(() => this.#consumeAgain(), consumeAgainMs);
      this.#cancelRetry = () => clearTimeout(timer);
    });
  }

  readonly #receive = (message: IncomingMessage): void => {
    const outbox = this.#parse(message);
    message.ack();
    for (const { id, body } of outbox?.replies ?? []) this.#open.answer(id, body);
    for (const notice of outbox?.notices ?? []) this.#watches.pass(notice);
  };

  #parse(message: IncomingMessage): OutboxMessage | null {
    try {
      return OutboxMessage.parse(message.json());
    } catch (error) {
      this.#warn(error, "a message in the queue of answers could not be read; it is ignored");
      return null;
    }
  }

  async #publish({ space, ids, items, changes }: ItemBatch): Promise<void> {
    const { broker, topology, brokerUser = null } = this.#setup;
    const inbox = topology.inbox(space);
    const value = { v: 1, replyTo: this.#answers, items };
    try {
      const outcome = await broker.publish(new JsonMessage(inbox, value, changes, brokerUser));
      if (outcome === "unroutable")
        this.#open.fail(ids, new BerthError("space_unknown", `there is no space "${space}"`));
    } catch (error) {
      // If the broker has it, its answer comes; if not, the time decides.
      if (error instanceof BrokerError && error.code === "outcome_unknown") return;
      this.#open.fail(ids, unavailable(error));
    }
  }

  #warn(error: unknown, message: string): void {
    this.#setup.logger?.warn({ err: error, queue: this.#answers }, message);
  }
}

function lateError(timeoutMs: number): BerthError {
  return new BerthError(
    "answer_late",
    `no answer came within ${timeoutMs} ms; what was asked may still take effect`,
  );
}

function unavailable(cause: unknown): BerthError {
  return new BerthError(
    "broker_unavailable",
    "the message broker takes no commands; nothing was done, try again",
    {
      cause,
    },
  );
}
