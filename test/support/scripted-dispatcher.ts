// Plays the dispatcher for a tentacle under test: answers what it asks, keeps what it says, and sends what a test wants.
import type { Broker, IncomingMessage } from "@berth/broker";
import type { MemoryBroker } from "@berth/broker/memory";
import {
  type AttemptReport,
  type Delivery,
  expandedItems,
  InboxItem,
  type InboxItemOf,
  InboxMessage,
  type OutputLine,
  type Payload,
  type ReplyBody,
  type SessionOrder,
  type Topology,
  topology,
} from "@berth/protocol";

export const prefix = "test";
export const space = "default";

export interface ScriptedDispatcherOptions {
  readonly targets?: readonly string[];
  readonly leaseMs?: number;
}

/** How an item is answered: with a body, or not at all. */
type Answer = (item: InboxItem) => ReplyBody | null;

export interface DeliveryWish extends Partial<Omit<Delivery, "payload">> {
  readonly payload?: Partial<Payload>;
}

export class ScriptedDispatcher {
  readonly names: Topology = topology(prefix);
  /** All items that have come, in their order. */
  readonly items: InboxItem[] = [];
  /** How many items came in each message. */
  readonly messageSizes: number[] = [];
  readonly messageBytes: number[] = [];
  /** What is answered instead of the usual; `undefined` leaves it to that. */
  answer: (item: InboxItem) => ReplyBody | null | undefined = () => undefined;
  readonly #broker: Broker;
  readonly #leaseMs: number;
  readonly #watchers: Set<() => void> = new Set();
  #problem: Error | null = null;
  #count = 0;

  static async start(
    memory: MemoryBroker,
    { targets = ["web-1"], leaseMs = 60_000 }: ScriptedDispatcherOptions = {},
  ): Promise<ScriptedDispatcher> {
    const broker = memory.connect();
    await broker.start();
    const dispatcher = new ScriptedDispatcher(broker, leaseMs);
    await broker.declareQueue(dispatcher.names.refused(space), {
      deadLetterQueue: null,
      lifetime: "durable",
    });
    for (const target of targets) await dispatcher.declareTarget(target);
    await dispatcher.openInbox();
    return dispatcher;
  }

  private constructor(broker: Broker, leaseMs: number) {
    this.#broker = broker;
    this.#leaseMs = leaseMs;
  }

  async stop(): Promise<void> {
    await this.#broker.stop();
  }

  async openInbox(): Promise<void> {
    const inbox = this.names.inbox(space);
    await this.#broker.declareQueue(inbox, { deadLetterQueue: null, lifetime: "durable" });
    await this.#broker.consume(inbox, { prefetch: 1000 }, this.#receive);
  }

  async deleteQueue(queue: string): Promise<void> {
    await this.#broker.deleteQueue(queue);
  }

  async declareTarget(target: string): Promise<void> {
    const options = { deadLetterQueue: this.names.refused(space), lifetime: "durable" } as const;
    await this.#broker.declareQueue(this.names.target(space, target), options);
  }

  async deleteTarget(target: string): Promise<void> {
    await this.deleteQueue(this.names.target(space, target));
  }

  async waiting(queue: string): Promise<number> {
    return (await this.#broker.inspectQueue(queue))?.waiting ?? 0;
  }

  async consumers(queue: string): Promise<number> {
    return (await this.#broker.inspectQueue(queue))?.consumers ?? 0;
  }

  /** Resolves with what `look` finds in what has come, as soon as it finds something. */
  async until<Found>(look: () => Found | undefined): Promise<Found> {
    for (;;) {
      if (this.#problem !== null) throw this.#problem;
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** The `count`-th item of that type that has come or will come. */
  seen<Type extends InboxItem["type"]>(type: Type, count = 1): Promise<InboxItemOf<Type>> {
    return this.until(() => this.ofType(type)[count - 1]);
  }

  ofType<Type extends InboxItem["type"]>(type: Type): InboxItemOf<Type>[] {
    return this.items.filter((item): item is InboxItemOf<Type> => item.type === type);
  }

  /** The id of the `count`-th session that was asked for. */
  async session(count = 1): Promise<string> {
    const ids = (): string[] => [...new Set(this.ofType("session.open").map(({ session }) => session))];
    return this.until(() => ids()[count - 1]);
  }

  reports(delivery: Delivery): AttemptReport[] {
    return this.ofType("report")
      .filter(({ leg, token }) => leg === delivery.leg && token === delivery.token)
      .map(({ report }) => report);
  }

  /** Resolves with a report of that kind. */
  reported<Type extends AttemptReport["type"]>(
    delivery: Delivery,
    type: Type,
  ): Promise<Extract<AttemptReport, { type: Type }>> {
    const isWanted = (report: AttemptReport): report is Extract<AttemptReport, { type: Type }> =>
      report.type === type;
    return this.until(() => this.reports(delivery).find(isWanted));
  }

  output(delivery: Delivery): OutputLine[] {
    return this.reports(delivery).flatMap((report) => (report.type === "progress" ? report.output : []));
  }

  text(delivery: Delivery, stream: OutputLine["stream"] = "stdout"): string[] {
    return this.output(delivery).flatMap((line) => (line.stream === stream ? [line.text] : []));
  }

  /** Resolves when the attempt has written that line. */
  async said(delivery: Delivery, text: string): Promise<void> {
    await this.until(() => this.output(delivery).find((line) => line.text === text));
  }

  /** A delivery of a new leg to the newest session; it is not sent yet. */
  async delivery({ payload, ...wish }: DeliveryWish = {}): Promise<Delivery> {
    this.#count += 1;
    const number = this.#count;
    const session = wish.session === undefined ? await this.session() : wish.session;
    return {
      v: 1,
      space,
      target: "web-1",
      task: `t-${number}`,
      leg: `t-${number}/web-1`,
      kind: "job",
      name: "shop",
      mode: "exclusive",
      attempt: 1,
      token: `00000000000001-${String(number).padStart(12, "0")}`,
      step: null,
      timeoutMs: null,
      ...wish,
      session,
      payload: {
        script: null,
        handler: null,
        steps: [],
        variables: {},
        labels: {},
        requestedBy: null,
        ...payload,
      },
    };
  }

  async send(delivery: Delivery): Promise<Delivery> {
    await this.sendRaw(delivery.target, JSON.stringify(delivery));
    return delivery;
  }

  async sendRaw(target: string, text: string): Promise<void> {
    await this.#publish(this.names.target(space, target), text);
  }

  async deliver(wish: DeliveryWish = {}): Promise<Delivery> {
    return this.send(await this.delivery(wish));
  }

  async script(text: string, wish: DeliveryWish = {}, interpreter = "bash"): Promise<Delivery> {
    const script = { interpreter, text, arguments: [] };
    return this.deliver({ ...wish, payload: { ...wish.payload, script } });
  }

  async handler(name: string, wish: DeliveryWish = {}): Promise<Delivery> {
    return this.deliver({ ...wish, payload: { ...wish.payload, handler: { name, input: null } } });
  }

  async order(session: string, ...orders: SessionOrder[]): Promise<void> {
    await this.#reply(this.names.session(space, session), [], orders);
  }

  async cancel(delivery: Delivery, graceMs: number): Promise<void> {
    const { leg, token } = delivery;
    await this.order(await this.session(), { type: "cancel", leg, token, graceMs, reason: "no need" });
  }

  async replyTo(item: { readonly id: string; readonly session: string }, body: ReplyBody): Promise<void> {
    await this.#reply(this.names.session(space, item.session), [{ id: item.id, body }], []);
  }

  readonly #receive = (message: IncomingMessage): void => {
    message.ack();
    try {
      const { replyTo, items } = InboxMessage.parse(JSON.parse(message.body.toString()));
      const read = (expandedItems(items) ?? []).map((raw) => InboxItem.parse(raw));
      const replies = read.flatMap((item) => {
        this.items.push(item);
        const body = this.#answerTo(item);
        return body === null ? [] : [{ id: item.id, body }];
      });
      this.messageSizes.push(read.length);
      this.messageBytes.push(message.body.length);
      if (replyTo !== null && replies.length > 0) void this.#answerAll(replyTo, replies);
    } catch (error) {
      this.#problem = error as Error;
    }
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const wake of watchers) wake();
  };

  readonly #answerTo: Answer = (item) => {
    const answer = this.answer(item);
    if (answer !== undefined) return answer;
    switch (item.type) {
      case "session.open":
        return { type: "session", leaseMs: this.#leaseMs, targetsUnknown: [], adopted: [], dropped: [] };
      case "session.beat":
        return { type: "beat", leaseUntil: Date.now() + this.#leaseMs };
      case "claim":
        return { type: "claim", answer: "run" };
      default:
        return { type: "done" };
    }
  };

  /** A session does not make its queue itself. */
  async #answerAll(queue: string, replies: { id: string; body: ReplyBody }[]): Promise<void> {
    await this.#broker.declareQueue(queue, { deadLetterQueue: null, lifetime: "session" });
    await this.#reply(queue, replies, []);
  }

  async #reply(
    queue: string,
    replies: { id: string; body: ReplyBody }[],
    orders: SessionOrder[],
  ): Promise<void> {
    await this.#publish(queue, JSON.stringify({ v: 1, replies, orders, notices: [] }));
  }

  async #publish(queue: string, text: string): Promise<void> {
    await this.#broker.publish({ queue, body: Buffer.from(text), persistent: false });
  }
}
