// The owner of a space as a script: it answers what comes into the inbox as a test says, and remembers it.
import type { Broker, Consumer } from "@berth/broker";
import {
  type InboxItem,
  InboxMessage,
  type ReplyBody,
  type TaskNotice,
  type Topology,
} from "@berth/protocol";

/** The answer to an item; `null`: none, ever. */
export type Script = (item: InboxItem) => ReplyBody | null;

export interface ReceivedMessage {
  readonly replyTo: string | null;
  readonly items: readonly InboxItem[];
}

export class ScriptedInbox {
  /** In the order of their arrival. */
  readonly messages: ReceivedMessage[] = [];
  script: Script = () => ({ type: "done" });
  readonly #broker: Broker;
  readonly #queue: string;
  readonly #arrivals: Set<() => void> = new Set();
  #consumer: Consumer | null = null;

  constructor(broker: Broker, topology: Topology, space: string) {
    this.#broker = broker;
    this.#queue = topology.inbox(space);
  }

  get items(): InboxItem[] {
    return this.messages.flatMap(({ items }) => items);
  }

  async start(): Promise<void> {
    await this.#broker.declareQueue(this.#queue, { deadLetterQueue: null, lifetime: "durable" });
    this.#consumer = await this.#broker.consume(this.#queue, { prefetch: 100 }, (message) => {
      const { replyTo, items } = InboxMessage.parse(JSON.parse(message.body.toString())) as InboxMessage;
      message.ack();
      this.messages.push({ replyTo, items });
      const replies = items.flatMap((item) => {
        const body = this.script(item);
        return body === null ? [] : [{ id: item.id, body }];
      });
      if (replyTo !== null && replies.length > 0) void this.send(replyTo, { replies });
      for (const arrived of this.#arrivals) arrived();
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.release();
  }

  /** Resolves when the messages that came so far fulfil the condition. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const arrived = (): void => {
      if (condition()) resolve();
    };
    this.#arrivals.add(arrived);
    await promise;
    this.#arrivals.delete(arrived);
  }

  /** Tells of a task to whoever asked to watch it. */
  async notify(notice: TaskNotice): Promise<void> {
    const watchers = this.messages.flatMap(({ replyTo, items }) =>
      replyTo !== null && items.some((item) => item.type === "watch" && item.task === notice.task)
        ? [replyTo]
        : [],
    );
    await Promise.all([...new Set(watchers)].map((queue) => this.send(queue, { notices: [notice] })));
  }

  async send(
    queue: string,
    content: { replies?: { id: string; body: ReplyBody }[]; notices?: TaskNotice[] },
  ): Promise<void> {
    const outbox = { v: 1, replies: [], orders: [], notices: [], ...content };
    await this.#broker.publish({ queue, body: Buffer.from(JSON.stringify(outbox)), persistent: false });
  }
}
