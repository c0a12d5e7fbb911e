import type { ConsumeMessage } from "amqplib";
import type { IncomingMessage } from "../port.ts";
import type { RabbitmqConsumer } from "./consumer.ts";
import type { Unsettled } from "./unsettled.ts";

/** `held`: not settled. `ack`, `requeue`, `refuse`: settled, and the broker does not know yet. `gone`: it knows, or never will. */
export type DeliveryState = "held" | "ack" | "requeue" | "refuse" | "gone";

/** One delivery of a message. Its tag means something on its own channel only, and while that is open. */
export class Delivery implements IncomingMessage {
  readonly consumer: RabbitmqConsumer;
  readonly tag: number;
  readonly body: Buffer;
  readonly redelivered: boolean;
  readonly userId: string | null;
  state: DeliveryState = "held";
  /** The handler has it: it did not come while the consumer was being cancelled. */
  isSeen = false;
  /** Neighbours among what is unsettled on the channel. */
  previous: Delivery | null = null;
  next: Delivery | null = null;
  readonly #unsettled: Unsettled;

  constructor(consumer: RabbitmqConsumer, message: ConsumeMessage, unsettled: Unsettled) {
    this.consumer = consumer;
    this.tag = message.fields.deliveryTag;
    this.body = message.content;
    this.redelivered = message.fields.redelivered;
    this.userId = message.properties.userId ?? null;
    this.#unsettled = unsettled;
  }

  get queue(): string {
    return this.consumer.queue;
  }

  json(): unknown {
    return JSON.parse(this.body.toString());
  }

  ack(): void {
    if (this.state === "held") this.#unsettled.settle(this, "ack");
  }

  nack(requeue: boolean): void {
    if (this.state === "held") this.#unsettled.settle(this, requeue ? "requeue" : "refuse");
  }
}
