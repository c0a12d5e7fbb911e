import type { OutgoingMessage, PublishOutcome } from "../port.ts";

/** Memory that a message needs besides its body, roughly. */
const overheadBytes = 256;

/** A message that has no outcome yet, or that the broker has not confirmed. */
export class PendingPublish {
  readonly message: OutgoingMessage;
  readonly body: Buffer;
  readonly bytes: number;
  readonly sinceMs: number;
  /** It came back: no queue took it. The confirm comes after that. */
  isReturned = false;
  /** Its sender has an outcome. */
  isSettled = false;
  /** The broker has answered, so nothing of it is under way any more. */
  isConfirmed = false;
  readonly outcome: Promise<PublishOutcome>;
  readonly #resolve: (outcome: PublishOutcome) => void;
  readonly #reject: (error: unknown) => void;

  constructor(message: OutgoingMessage, nowMs: number) {
    this.message = message;
    this.body = message.body;
    this.bytes = this.body.length + overheadBytes;
    this.sinceMs = nowMs;
    const { promise, resolve, reject } = Promise.withResolvers<PublishOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(outcome: PublishOutcome): void {
    this.isSettled = true;
    this.#resolve(outcome);
  }

  reject(error: unknown): void {
    this.isSettled = true;
    this.#reject(error);
  }
}
