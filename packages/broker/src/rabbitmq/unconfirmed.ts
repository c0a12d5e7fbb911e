import { Ring } from "../ring.ts";
import type { PendingPublish } from "./pending-publish.ts";

/** What was sent on one channel and is not confirmed. The broker numbers what comes on a channel, from 1. */
export class Unconfirmed {
  readonly #sent: Ring<PendingPublish> = new Ring();
  readonly #onGone: (publish: PendingPublish) => void;
  #lowest = 1;

  /** `onGone` is told of each that the broker has confirmed, also where its sender waits no more. */
  constructor(onGone: (publish: PendingPublish) => void) {
    this.#onGone = onGone;
  }

  /** The number that the next one gets. */
  get next(): number {
    return this.#lowest + this.#sent.length;
  }

  add(publish: PendingPublish): void {
    this.#sent.push(publish);
  }

  returned(number: number): void {
    const publish = this.#sent.at(number - this.#lowest);
    if (publish !== undefined) publish.isReturned = true;
  }

  /** `settle` is called for each that this confirm is about and that waits for its outcome. */
  confirmed(number: number, multiple: boolean, settle: (publish: PendingPublish) => void): void {
    const last = number - this.#lowest;
    for (let index = multiple ? 0 : last; index >= 0 && index <= last; index += 1) {
      const publish = this.#sent.at(index);
      if (publish?.isSettled === false) settle(publish);
      if (publish !== undefined) publish.isConfirmed = true;
    }
    this.#forgetConfirmed();
  }

  /** In the order in which they were sent. */
  *[Symbol.iterator](): Generator<PendingPublish> {
    for (let index = 0; index < this.#sent.length; index += 1) {
      const publish = this.#sent.at(index);
      if (publish !== undefined) yield publish;
    }
  }

  clear(): void {
    this.#lowest += this.#sent.length;
    this.#sent.clear();
  }

  #forgetConfirmed(): void {
    for (let first = this.#sent.at(0); first?.isConfirmed === true; first = this.#sent.at(0)) {
      this.#sent.shift();
      this.#lowest += 1;
      this.#onGone(first);
    }
  }
}
