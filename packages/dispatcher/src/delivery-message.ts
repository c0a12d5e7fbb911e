import type { OutgoingMessage } from "@berth/broker";
import type { DeliverEffect } from "@berth/engine";
import { type Delivery, type DeliveryGroup, deliveryRow, type Payload } from "@berth/protocol";

/**
 * A delivery on its way. The payload is in the store and in the message as the same text: a broker that needs bytes gets it as
 * it is, without reading it, and one that hands on the value gets a new one each time, so that no handler can change what the
 * next attempt is given.
 */
export class DeliveryMessage implements OutgoingMessage {
  readonly queue: string;
  readonly persistent = false;
  readonly #space: string;
  readonly #effect: DeliverEffect;
  readonly #payload: string;

  /** `payload`: JSON text. */
  constructor(queue: string, space: string, effect: DeliverEffect, payload: string) {
    this.queue = queue;
    this.#space = space;
    this.#effect = effect;
    this.#payload = payload;
  }

  /** In characters. */
  get payloadLength(): number {
    return this.#payload.length;
  }

  get value(): Delivery {
    return { ...this.#head(), payload: JSON.parse(this.#payload) as Payload };
  }

  get body(): Buffer {
    return Buffer.from(`${JSON.stringify(this.#head()).slice(0, -1)},"payload":${this.#payload}}`);
  }

  /** In a group. */
  get row(): string {
    return `${JSON.stringify(deliveryRow(this.#effect)).slice(0, -1)},${this.#payload}]`;
  }

  #head(): Omit<Delivery, "payload"> {
    const { target, task, leg, kind, name, mode, attempt, token, step, session, timeoutMs } = this.#effect;
    const what = { target, task, leg, kind, name, mode, attempt, token, step, session, timeoutMs };
    return { v: 1, space: this.#space, ...what };
  }
}

/** Several deliveries for one session as one message in its queue: what a message costs the broker is paid once. */
export class DeliveryGroupMessage implements OutgoingMessage {
  readonly queue: string;
  readonly persistent = false;
  readonly #space: string;
  readonly #session: string;
  readonly #deliveries: readonly DeliveryMessage[];

  constructor(queue: string, space: string, session: string, deliveries: readonly DeliveryMessage[]) {
    this.queue = queue;
    this.#space = space;
    this.#session = session;
    this.#deliveries = deliveries;
  }

  get value(): DeliveryGroup {
    return { v: 1, deliveries: this.#deliveries.map(({ value }) => value) };
  }

  get body(): Buffer {
    const once = JSON.stringify({ v: 1, space: this.#space, session: this.#session }).slice(0, -1);
    return Buffer.from(`${once},"rows":[${this.#deliveries.map(({ row }) => row).join(",")}]}`);
  }
}
