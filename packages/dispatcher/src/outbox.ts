import type { Broker } from "@berth/broker";
import { assertNever, type DeliverEffect, type Effect } from "@berth/engine";
import type { OutboxMessage, ReplyBody, SessionOrder, TaskNotice, Topology } from "@berth/protocol";
import type { Logger } from "pino";
import type { Payloads } from "./payloads.ts";

/** What a batch sends once it is committed: deliveries, and one message to each queue that is told something. */
export class Outbox {
  readonly #messages = new Map<string, OutboxMessage>();
  readonly #deliveries: DeliverEffect[] = [];
  readonly #topology: Topology;
  readonly #space: string;

  constructor(topology: Topology, space: string) {
    this.#topology = topology;
    this.#space = space;
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
      case "cancel": {
        const { session, ...order } = effect;
        this.#order(session, order);
        return;
      }
      case "revoke": {
        const { session, ...order } = effect;
        this.#order(session, order);
        return;
      }
      case "session.ended":
        this.#order(effect.session, effect);
        return;
      default:
        assertNever(effect);
    }
  }

  #order(session: string, order: SessionOrder): void {
    this.#messageTo(this.#topology.session(this.#space, session)).orders.push(order);
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
   * Sends everything. Resolves when the broker has answered for all of it, with whether all deliveries are in their
   * queues; what is told to somebody who is gone does not count.
   */
  async send(broker: Broker, payloads: Payloads, logger: Logger): Promise<boolean> {
    const told = [...this.#messages].map(([queue, message]) => this.#tell(broker, queue, message, logger));
    const texts = await payloads.of(this.#deliveries.map((delivery) => delivery.task));
    const delivered = this.#deliveries.map((delivery) => {
      const payload = texts.get(delivery.task);
      if (payload !== undefined) return this.#deliver(broker, delivery, payload, logger);
      logger.error(
        { task: delivery.task },
        "a granted task has no payload in the store; it cannot be delivered",
      );
      return Promise.resolve(true);
    });
    await Promise.all(told);
    return (await Promise.all(delivered)).every((isQueued) => isQueued);
  }

  async #tell(broker: Broker, queue: string, message: OutboxMessage, logger: Logger): Promise<void> {
    try {
      await broker.publish({ queue, body: Buffer.from(JSON.stringify(message)), persistent: false });
    } catch (error) {
      logger.warn({ err: error, queue }, "an answer could not be sent");
    }
  }

  async #deliver(broker: Broker, effect: DeliverEffect, payload: string, logger: Logger): Promise<boolean> {
    const queue = this.#topology.target(this.#space, effect.target);
    try {
      const body = Buffer.from(deliveryText(this.#space, effect, payload));
      const outcome = await broker.publish({ queue, body, persistent: false });
      if (outcome === "queued") return true;
      logger.warn({ queue, leg: effect.leg }, "a delivery found no queue; it will be sent again");
    } catch (error) {
      logger.warn(
        { err: error, queue, leg: effect.leg },
        "a delivery could not be sent; it will be sent again",
      );
    }
    return false;
  }
}

/** A `Delivery` as JSON text. The payload is JSON text already, and may be large. */
function deliveryText(space: string, effect: DeliverEffect, payload: string): string {
  const { type: _, ...delivery } = effect;
  return `${JSON.stringify({ v: 1, space, ...delivery }).slice(0, -1)},"payload":${payload}}`;
}
