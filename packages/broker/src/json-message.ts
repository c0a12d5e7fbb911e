import type { OutgoingMessage } from "./port.ts";

/**
 * A message whose body is a JSON value. It is written as bytes when somebody asks for the bytes, which an adapter does
 * that leaves the process; one that does not hands on the value as it is. So the sender gives the value away: nobody may
 * change it any more.
 */
export class JsonMessage implements OutgoingMessage {
  readonly queue: string;
  readonly persistent: boolean;
  readonly userId?: string;
  readonly value: unknown;
  #body: Buffer | null = null;

  constructor(queue: string, value: unknown, persistent: boolean, userId: string | null = null) {
    this.queue = queue;
    this.value = value;
    this.persistent = persistent;
    if (userId !== null) this.userId = userId;
  }

  get body(): Buffer {
    this.#body ??= Buffer.from(JSON.stringify(this.value));
    return this.#body;
  }
}
