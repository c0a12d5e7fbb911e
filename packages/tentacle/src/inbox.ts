import { type Broker, JsonMessage } from "@berth/broker";
import { compactItems, type InboxItem, type InboxMessage } from "@berth/protocol";

export interface InboxSetup {
  readonly broker: Broker;
  /** The queue of the inbox of the space. */
  readonly queue: string;
  /** The queue that gets the answers. */
  readonly replyTo: string;
  /** Whom the broker shall vouch for; `null`: nobody. */
  readonly brokerUser: string | null;
}

/** The way to the owner of the space. */
export class Inbox {
  readonly #setup: InboxSetup;

  constructor(setup: InboxSetup) {
    this.#setup = setup;
  }

  /** Resolves when the broker has the message; rejects when it is unknown, or when nobody has made the inbox yet. */
  async send(items: readonly InboxItem[], persistent: boolean): Promise<void> {
    const { broker, queue, replyTo, brokerUser } = this.#setup;
    const message = new ItemsMessage(queue, { v: 1, replyTo, items }, persistent, brokerUser);
    const outcome = await broker.publish(message);
    if (outcome === "unroutable") throw new Error(`there is no queue "${queue}" yet`);
  }
}

/** A broker that hands on the value gets it as it is; one that needs bytes gets them in short. */
class ItemsMessage extends JsonMessage {
  override get body(): Buffer {
    const { items, ...head } = this.value as InboxMessage;
    return Buffer.from(JSON.stringify({ ...head, items: compactItems(items) }));
  }
}
