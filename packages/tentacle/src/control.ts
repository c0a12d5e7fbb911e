import type { IncomingMessage } from "@berth/broker";
import { groupedDeliveries, ReplyBody, SessionOrder } from "@berth/protocol";
import type { Logger } from "pino";
import { GroupedDelivery } from "./grouped-delivery.ts";

export interface ControlSetup {
  readonly logger: Logger;
  readonly onReply: (id: string, body: ReplyBody) => void;
  readonly onOrder: (order: SessionOrder) => void;
  readonly onDelivery: (message: IncomingMessage) => void;
}

interface ControlMessage {
  readonly replies?: unknown;
  readonly orders?: unknown;
}

/** Reads what the owner of the space sends to this session: answers, orders, and deliveries that came together. */
export class Control {
  readonly #setup: ControlSetup;
  readonly #waiting: Map<string, (body: ReplyBody) => void> = new Map();

  constructor(setup: ControlSetup) {
    this.#setup = setup;
  }

  /** The answer to that item. `forget` is called when nobody waits for it any more. */
  answerTo(id: string): { readonly answer: Promise<ReplyBody>; readonly forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<ReplyBody>();
    this.#waiting.set(id, resolve);
    return { answer: promise, forget: () => this.#waiting.delete(id) };
  }

  readonly receive = (message: IncomingMessage): void => {
    message.ack();
    try {
      this.#read(message.queue, message.json() as ControlMessage);
    } catch (error) {
      this.#setup.logger.error({ err: error }, "a message to this session cannot be read");
    }
  };

  #read(queue: string, json: ControlMessage): void {
    for (const delivery of groupedDeliveries(json) ?? [])
      this.#setup.onDelivery(new GroupedDelivery(queue, delivery));
    for (const reply of listOf(json.replies)) this.#readReply(reply as { id?: unknown; body?: unknown });
    for (const order of listOf(json.orders)) {
      const read = SessionOrder.safeParse(order);
      if (read.success) this.#setup.onOrder(read.data);
      else
        this.#setup.logger.error({ problem: read.error.message }, "an order to this session cannot be read");
    }
  }

  #readReply({ id, body }: { id?: unknown; body?: unknown }): void {
    if (typeof id !== "string") throw new TypeError("A reply without the id of what it answers.");
    // Nearly all are of this kind, one for each report, and there is nothing to check in it.
    const isDone = (body as { type?: unknown } | null)?.type === "done";
    const read: ReplyBody = isDone ? { type: "done" } : ReplyBody.parse(body);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) waiting(read);
    else if (!isDone) this.#setup.onReply(id, read);
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
