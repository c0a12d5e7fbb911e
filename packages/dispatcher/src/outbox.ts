import { type Broker, JsonMessage, type PublishOutcome } from "@berth/broker";
import { assertNever, type DeliverEffect, type Effect } from "@berth/engine";
import type {
  InboxItemOf,
  InboxMessage,
  OutboxMessage,
  ReplyBody,
  SessionOrder,
  TaskNotice,
  Topology,
} from "@berth/protocol";
import type { Logger } from "pino";
import { type Route, routesOf } from "./delivery-routes.ts";
import type { Payloads } from "./payloads.ts";

export interface OutboxSetup {
  readonly topology: Topology;
  readonly space: string;
  /** Whom the broker shall vouch for in what goes to the inbox; `null`: nobody. */
  readonly brokerUser: string | null;
  readonly makeMark: () => InboxItemOf<"mark">;
}

/** What a batch sends once it is committed: deliveries, and one message to each queue that is told something. */
export class Outbox {
  readonly #messages = new Map<string, OutboxMessage>();
  readonly #deliveries: DeliverEffect[] = [];
  readonly #setup: OutboxSetup;
  #mustListen = false;

  constructor(setup: OutboxSetup) {
    this.#setup = setup;
  }

  reply(queue: string | null, id: string, body: ReplyBody): void {
    if (queue !== null) this.#messageTo(queue).replies.push({ id, body });
  }

  notify(queue: string, notice: TaskNotice): void {
    this.#messageTo(queue).notices.push(notice);
  }

  addEffect(effect: Effect): void {
    switch (effect.type) {
      case "deliver":
        this.#deliveries.push(effect);
        return;
      case "cancel":
      case "revoke": {
        const { session, ...order } = effect;
        this.#order(session, order);
        return;
      }
      case "session.ended":
        this.#order(effect.session, effect);
        return;
      case "listen":
        this.#mustListen = true;
        return;
      default:
        assertNever(effect);
    }
  }

  #order(session: string, order: SessionOrder): void {
    const { topology, space } = this.#setup;
    this.#messageTo(topology.session(space, session)).orders.push(order);
  }

  #messageTo(queue: string): OutboxMessage {
    let message = this.#messages.get(queue);
    if (message === undefined) {
      message = { v: 1, replies: [], orders: [], notices: [] };
      this.#messages.set(queue, message);
    }
    return message;
  }

  /**
   * Sends everything. Resolves when the broker has answered for all of it, with what did not come into its queue. Answers
   * and notices do not count, since whoever misses one asks again; nor does a session that is told of its own end.
   */
  async send(
    broker: Broker,
    payloads: Payloads,
    logger: Logger,
    beforeDeliveries: () => Promise<void>,
  ): Promise<Undelivered> {
    const told = [...this.#messages].map(([queue, message]) => this.#tell(broker, queue, message, logger));
    if (this.#mustListen) told.push(this.#listen(broker, logger));
    const texts = await payloads.of(this.#deliveries.map((delivery) => delivery.task));
    if (this.#deliveries.length > 0) await beforeDeliveries();
    const tasksWithoutPayload = new Set<string>();
    const deliverable = this.#deliveries.filter(({ task }) => {
      if (texts.has(task)) return true;
      tasksWithoutPayload.add(task);
      return false;
    });
    const routes = routesOf(this.#setup.topology, this.#setup.space, deliverable, texts);
    // Before anything is awaited, so that no publish can fail without anybody listening.
    const undelivered = whatIsUnsent(
      routes,
      routes.map(({ message }) => broker.publish(message)),
      logger,
    );
    const outcomes = await Promise.all(told);
    const areOrdersSent = outcomes.every(({ areOrdersLost }) => !areOrdersLost);
    const { unsent, sessions } = await undelivered;
    const sessionsWithoutQueue = outcomes.flatMap(({ sessionWithoutQueue: session }) => session ?? []);
    return {
      tasksWithoutPayload: [...tasksWithoutPayload],
      sessionsWithoutQueue: [...new Set([...sessionsWithoutQueue, ...sessions])],
      unsent: unsent ?? (areOrdersSent ? null : { targetsWithoutQueue: [] }),
    };
  }

  async #tell(broker: Broker, queue: string, message: OutboxMessage, logger: Logger): Promise<Told> {
    const { topology, space } = this.#setup;
    const outcome = await publish(broker, new JsonMessage(queue, message, false), logger);
    return {
      areOrdersLost: outcome !== "queued" && message.orders.some(mustArrive),
      sessionWithoutQueue: outcome === "unroutable" ? topology.sessionOf(space, queue) : null,
    };
  }

  async #listen(broker: Broker, logger: Logger): Promise<Told> {
    const { topology, space, brokerUser, makeMark } = this.#setup;
    const message: InboxMessage = { v: 1, replyTo: null, items: [makeMark()] };
    await publish(broker, new JsonMessage(topology.inbox(space), message, false, brokerUser), logger);
    return { areOrdersLost: false, sessionWithoutQueue: null };
  }
}

interface Told {
  /** An order is in no queue that nobody would ever repeat. */
  readonly areOrdersLost: boolean;
  readonly sessionWithoutQueue: string | null;
}

/** `null`: it could not be sent, or nobody knows. */
async function publish(broker: Broker, message: JsonMessage, logger: Logger): Promise<PublishOutcome | null> {
  try {
    return await broker.publish(message);
  } catch (error) {
    logger.warn({ err: error, queue: message.queue }, "an answer could not be sent");
    return null;
  }
}

/** After a restart of the broker the queue of a session is away until it is declared again. */
function mustArrive(order: SessionOrder): boolean {
  return order.type !== "session.ended";
}

/** What is not in its queue. */
export interface Undelivered {
  /** Granted tasks of which nobody knows what they are to run. */
  readonly tasksWithoutPayload: readonly string[];
  /** Sessions whose queue was not there. */
  readonly sessionsWithoutQueue: readonly string[];
  /** `null`: the broker took everything else. */
  readonly unsent: Unsent | null;
}

export interface Unsent {
  /** Targets that had no queue. */
  readonly targetsWithoutQueue: readonly string[];
}

interface Missed {
  readonly unsent: Unsent | null;
  /** Sessions that had no queue. */
  readonly sessions: readonly string[];
}

/** A delivery that is not in its queue is no failure: it is sent again. */
async function whatIsUnsent(
  routes: readonly Route[],
  published: readonly Promise<PublishOutcome>[],
  logger: Logger,
): Promise<Missed> {
  const settled = await Promise.allSettled(published);
  const failed = settled.filter((each) => each.status === "rejected" || each.value === "unroutable");
  if (failed.length === 0) return { unsent: null, sessions: [] };
  const [first] = failed;
  const error = first?.status === "rejected" ? (first.reason as unknown) : undefined;
  logger.warn(
    { err: error, messages: failed.length },
    "deliveries could not be sent; they will be sent again",
  );
  const unroutable = routes.filter((_, index) => {
    const outcome = settled[index];
    return outcome?.status === "fulfilled" && outcome.value === "unroutable";
  });
  return {
    unsent: { targetsWithoutQueue: [...new Set(unroutable.flatMap(({ target }) => target ?? []))] },
    sessions: unroutable.flatMap(({ session }) => session ?? []),
  };
}
