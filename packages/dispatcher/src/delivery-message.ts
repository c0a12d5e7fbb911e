import type { OutgoingMessage } from "@berth/broker";
import type { DeliverEffect } from "@berth/engine";
import type { Delivery, DeliveryGroup, Payload } from "@berth/protocol";

/**
 * A delivery on its way. The payload is in the store and in the message as the same text: a broker that needs bytes gets it as
 * it is, without reading it, and one that hands on the value gets a new one each time, so that no handler can change what the
 * next attempt is given.
 */
export class DeliveryMessage implements OutgoingMessage {
  readonly queue: string;
  readonly persistent = false;
  readonly #head: Omit<Delivery, "payload">;
  readonly #payload: string;

  /** `payload`: JSON text. */
  constructor(queue: string, space: string, effect: DeliverEffect, payload: string) {
    this.queue = queue;
    this.#payload = payload;
    this.#head = {
      v: 1,
      space,
      target: effect.target,
      task: effect.task,
      leg: effect.leg,
      kind: effect.kind,
      name: effect.name,
      mode: effect.mode,
      attempt: effect.attempt,
      token: effect.token,
      step: effect.step,
      session: effect.session,
      timeoutMs: effect.timeoutMs,
    };
  }

  /** In characters. */
  get payloadLength(): number {
    return this.#payload.length;
  }

  get value(): Delivery {
    return { ...this.#head, payload: JSON.parse(this.#payload) as Payload };
  }

  get text(): string {
    return `${JSON.stringify(this.#head).slice(0, -1)},"payload":${this.#payload}}`;
  }

  get body(): Buffer {
    return Buffer.from(this.text);
  }
}

/** Several deliveries for one session as one message in its queue: what a message costs the broker is paid once. */
export class DeliveryGroupMessage implements OutgoingMessage {
  readonly queue: string;
  readonly persistent = false;
  readonly #deliveries: readonly DeliveryMessage[];

  constructor(queue: string, deliveries: readonly DeliveryMessage[]) {
    this.queue = queue;
    this.#deliveries = deliveries;
  }

  get value(): DeliveryGroup {
    return { v: 1, deliveries: this.#deliveries.map(({ value }) => value) };
  }

  get body(): Buffer {
    return Buffer.from(`{"v":1,"deliveries":[${this.#deliveries.map(({ text }) => text).join(",")}]}`);
  }
}
