import type { Delivery } from "./delivery.ts";

/** The part of a channel that settles deliveries, by AMQP's words. `multiple`: all up to this tag. */
export interface SettlingChannel {
  ack(tag: number, multiple: boolean): void;
  nack(tag: number, multiple: boolean, requeue: boolean): void;
}

/**
 * What a channel has delivered and is not settled, in the order of delivery. What is settled within a turn is told together, and
 * what is first in line in as few words as possible: one that says "all up to this". Words cost the broker time, and a quorum
 * queue forgets all but the first 32 of those that come just before the end of the channel.
 */
export class Unsettled {
  #channel: SettlingChannel | null;
  #first: Delivery | null = null;
  #last: Delivery | null = null;
  #acks: Delivery[] = [];
  /** In the order of the calls, which is the order in which they come back, or into the dead letters. */
  #nacks: Delivery[] = [];
  #isScheduled = false;

  constructor(channel: SettlingChannel) {
    this.#channel = channel;
  }

  get isEmpty(): boolean {
    return this.#first === null;
  }

  add(delivery: Delivery): void {
    delivery.previous = this.#last;
    if (this.#last === null) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
  }

  settle(delivery: Delivery, how: "ack" | "requeue" | "refuse"): void {
    delivery.state = how;
    if (how === "ack") this.#acks.push(delivery);
    else this.#nacks.push(delivery);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all promises that are due: these settle more.
    process.nextTick(this.flush);
  }

  /** Those that are held and that `isMeant`, in the order of delivery. */
  held(isMeant: (delivery: Delivery) => boolean): Delivery[] {
    const found: Delivery[] = [];
    for (let delivery = this.#first; delivery !== null; delivery = delivery.next) {
      if (delivery.state === "held" && isMeant(delivery)) found.push(delivery);
    }
    return found;
  }

  /** Tells the broker at once. */
  readonly flush = (): void => {
    this.#isScheduled = false;
    const [acks, nacks] = [this.#acks, this.#nacks];
    this.#acks = [];
    this.#nacks = [];
    this.#ackFirst();
    for (let index = 0; index < nacks.length; this.#ackFirst()) index = this.#nackFrom(nacks, index);
    for (const delivery of acks) {
      if (delivery.state === "gone") continue;
      this.#remove(delivery);
      this.#channel?.ack(delivery.tag, false);
    }
  };

  /** The channel is closed: the broker gives back what it has not heard of, and nothing can be settled any more. */
  die(): void {
    this.#channel = null;
    while (this.#first !== null) this.#remove(this.#first);
  }

  /** All acked ones that nothing unsettled stands before, with one word. */
  #ackFirst(): void {
    let last: Delivery | null = null;
    let count = 0;
    for (let first = this.#first; first?.state === "ack"; first = this.#first) {
      this.#remove(first);
      last = first;
      count += 1;
    }
    if (last !== null) this.#channel?.ack(last.tag, count > 1);
  }

  /** Nacks the one at `index`, with as many after it as can be told by the same word. Returns the index behind those. */
  #nackFrom(nacks: readonly Delivery[], index: number): number {
    let delivery = nacks[index];
    if (delivery === undefined || delivery.state === "gone") return index + 1;
    const { state } = delivery;
    let behind = index + 1;
    const isFirst = delivery === this.#first;
    this.#remove(delivery);
    while (isFirst && this.#first?.state === state && nacks[behind] === this.#first) {
      delivery = this.#first;
      this.#remove(delivery);
      behind += 1;
    }
    this.#channel?.nack(delivery.tag, behind - index > 1, state === "requeue");
    return behind;
  }

  #remove(delivery: Delivery): void {
    const { previous, next } = delivery;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    delivery.previous = null;
    delivery.next = null;
    delivery.state = "gone";
  }
}
