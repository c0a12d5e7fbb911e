import type { OutgoingMessage } from "../port.ts";

/** What a message says, as bytes and perhaps as a value. */
export type Content = Pick<OutgoingMessage, "body" | "value">;

/** A message as a queue keeps it. Each delivery of it is an object of its own, so that an old one cannot settle a new one. */
export interface StoredMessage {
  /** Counts up within its queue: its place there, also when it comes back. */
  readonly sequence: number;
  readonly content: Content;
  readonly userId: string | null;
  redelivered: boolean;
}
