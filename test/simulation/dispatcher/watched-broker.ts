import type {
  Broker,
  BrokerCapabilities,
  ConsumeOptions,
  Consumer,
  IncomingMessage,
  MessageHandler,
  OutgoingMessage,
  PublishOutcome,
  QueueFigures,
  QueueOptions,
} from "@berth/broker";
import type { Delivery, DeliveryGroup, InboxMessage, OutboxMessage } from "@berth/protocol";
import type { History } from "../history.ts";

/** A dispatcher's way to the broker, at which all is noted that leaves it. */
export class WatchedBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly #broker: Broker;
  readonly #history: History;
  /** The owner of whom it is told. */
  readonly #by: string;

  constructor(broker: Broker, history: History, by: string) {
    this.#broker = broker;
    this.#history = history;
    this.#by = by;
    this.capabilities = broker.capabilities;
  }

  start(): Promise<void> {
    return this.#broker.start();
  }

  stop(): Promise<void> {
    return this.#broker.stop();
  }

  declareQueue(name: string, options: QueueOptions): Promise<void> {
    return this.#broker.declareQueue(name, options);
  }

  deleteQueue(name: string): Promise<void> {
    return this.#broker.deleteQueue(name);
  }

  inspectQueue(name: string): Promise<QueueFigures | null> {
    return this.#broker.inspectQueue(name);
  }

  publish(message: OutgoingMessage): Promise<PublishOutcome> {
    this.#note(message);
    return this.#broker.publish(message);
  }

  consume(queue: string, options: ConsumeOptions, handler: MessageHandler): Promise<Consumer> {
    return this.#broker.consume(queue, options, (message) => handler(this.#watched(message)));
  }

  onMessagesLost(listener: () => void): () => void {
    return this.#broker.onMessagesLost(listener);
  }

  #note({ queue, value }: OutgoingMessage): void {
    const { sent, now: at } = this.#history;
    const by = this.#by;
    const json = value as OutboxMessage | Delivery | DeliveryGroup | InboxMessage;
    if ("items" in json) {
      const { items } = json;
      this.#history.note(
        "repeated",
        () => `by ${by}: ${items.map((item) => JSON.stringify(item)).join(", ")}`,
      );
      return;
    }
    if ("leg" in json || "deliveries" in json) {
      for (const delivery of "leg" in json ? [json] : json.deliveries) {
        const { leg, token, session } = delivery;
        sent.push({ type: "delivery", at, by, leg, token, session });
        this.#history.note("delivery", () => `by ${by}: ${leg} ${token} for ${session ?? "anybody"}`);
      }
      return;
    }
    for (const { id, body } of json.replies) {
      sent.push({ type: "reply", at, by, id, body, queue });
      this.#history.note("reply", () => `by ${by}: ${id} ${JSON.stringify(body)}`);
    }
    const session = queue.slice(queue.lastIndexOf("/") + 1);
    for (const order of json.orders) {
      sent.push({ type: "order", at, by, session, order });
      this.#history.note("order", () => `by ${by}: ${JSON.stringify(order)}`);
    }
  }

  #watched(message: IncomingMessage): IncomingMessage {
    const history = this.#history;
    const by = this.#by;
    const { items } = message.json() as InboxMessage;
    const receivedAt = history.now;
    history.commands += items.length;
    history.note("inbox", () => `to ${by}: ${items.map((item) => `${item.type} ${item.id}`).join(", ")}`);
    return {
      queue: message.queue,
      get body() {
        return message.body;
      },
      redelivered: message.redelivered,
      userId: message.userId,
      json: () => message.json(),
      ack: () => {
        history.sent.push({ type: "ack", at: history.now, by, receivedAt, items });
        message.ack();
      },
      nack: (requeue) => message.nack(requeue),
    };
  }
}
