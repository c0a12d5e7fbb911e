import type { IncomingMessage } from "@berth/broker";
import type { InboxItem } from "@berth/protocol";
import type { Opened } from "./inbox.ts";

/** A message of the inbox, and what it says. */
export interface Received {
  readonly message: IncomingMessage;
  readonly opened: Opened;
}

/** While sessions have something to say, so many messages of others are taken between what they say. */
const othersBetween = 1;

/**
 * What has come in and is yet to be decided. What sessions say goes before what everybody else asks: an end frees a slot, and who
 * has a thousand tasks enqueued would only fill the queue before it. Both take turns, so neither waits for ever. The order of what one
 * sender sent stays: a sender is a session, or none.
 */
export class Intake {
  #ofSessions: Received[] = [];
  #ofOthers: Received[] = [];
  #lastWereSessions = false;

  get size(): number {
    return this.#ofSessions.length + this.#ofOthers.length;
  }

  add(received: Received): void {
    (isOfSession(received.opened) ? this.#ofSessions : this.#ofOthers).push(received);
  }

  /** The messages of the next batch, at most so many. */
  take(most: number): Received[] {
    const haveBoth = this.#ofSessions.length > 0 && this.#ofOthers.length > 0;
    const takesSessions = haveBoth ? !this.#lastWereSessions : this.#ofSessions.length > 0;
    this.#lastWereSessions = takesSessions;
    if (takesSessions) return this.#ofSessions.splice(0, most);
    return this.#ofOthers.splice(0, haveBoth ? Math.min(most, othersBetween) : most);
  }

  clear(): void {
    this.#ofSessions = [];
    this.#ofOthers = [];
  }
}

const saidBySessions: ReadonlySet<InboxItem["type"]> = new Set<InboxItem["type"]>([
  "report",
  "decline",
  "claim",
  "session.open",
  "session.beat",
  "session.drain",
  "session.close",
  // It tells that all has been read that was sent before it, heartbeats first of all: nothing of that may come after it.
  "mark",
]);

/** What a former owner repeats stays in its order, whoever had said it. */
function isOfSession({ entries, repeatedBy }: Opened): boolean {
  const [first] = entries;
  return first !== undefined && repeatedBy === null && saidBySessions.has(first.item.type);
}
