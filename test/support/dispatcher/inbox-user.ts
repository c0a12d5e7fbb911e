// Whoever talks to a dispatcher: a client, or a session whose every step is that of the test.
import type { Broker, IncomingMessage } from "@berth/broker";
import {
  type AttemptReport,
  Delivery,
  groupedDeliveries,
  type InboxItem,
  OutboxMessage,
  type ReplyBody,
  type SessionOrder,
  type TaskNotice,
  type Topology,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { eventually } from "../eventually.ts";
import { Arrivals } from "./arrivals.ts";

export const space = "default";

/** An item without its id, which is made on the way. */
export type ItemWish = InboxItem extends infer Item ? (Item extends InboxItem ? Wish<Item> : never) : never;
type Wish<Item extends InboxItem> = Omit<Item, "id"> & { readonly id?: string };

export class InboxUser extends Arrivals {
  queue: string;
  /** Whom the broker shall vouch for. */
  brokerUser: string | null = null;
  readonly broker: Broker;
  readonly names: Topology;
  /** Answers by the id of their item, each as often as it came. */
  readonly replies: Map<string, ReplyBody[]> = new Map();
  readonly notices: TaskNotice[] = [];
  readonly orders: SessionOrder[] = [];

  constructor(broker: Broker, names: Topology, queue: string) {
    super();
    this.broker = broker;
    this.names = names;
    this.queue = queue;
  }

  async listen(): Promise<void> {
    await this.broker.declareQueue(this.queue, { lifetime: "session", deadLetterQueue: null });
    await this.#consume();
  }

  async #consume(): Promise<void> {
    await this.broker.consume(this.queue, { prefetch: 100 }, (message) => {
      message.ack();
      const json = JSON.parse(message.body.toString()) as unknown;
      const grouped = groupedDeliveries(json);
      if (grouped !== null) {
        this.takeDeliveries(grouped.map((each) => Delivery.parse(each)));
        this.announce();
        return;
      }
      const { replies, notices, orders } = OutboxMessage.parse(json);
      for (const { id, body } of replies) this.replies.set(id, [...(this.replies.get(id) ?? []), body]);
      this.notices.push(...notices);
      this.orders.push(...orders);
      this.announce();
    });
  }

  /** Deliveries that came together. */
  protected takeDeliveries(deliveries: readonly Delivery[]): void {
    throw new Error(`${deliveries.length} deliveries came to somebody who is no session`);
  }

  /** After its queue was lost: the server makes it again. */
  async listenAgain(): Promise<void> {
    await eventually("the queue is there again", () => this.broker.inspectQueue(this.queue));
    await this.#consume();
  }

  /** Sends the items in one message; their ids. */
  async send(...wishes: ItemWish[]): Promise<string[]> {
    const items = wishes.map((wish) => ({ id: newItemId(), ...wish }));
    await this.sendText(JSON.stringify({ v: 1, replyTo: this.queue, items }));
    return items.map(({ id }) => id);
  }

  async sendText(text: string): Promise<void> {
    const queue = this.names.inbox(space);
    const userId = this.brokerUser === null ? {} : { userId: this.brokerUser };
    await this.broker.publish({ queue, body: Buffer.from(text), persistent: true, ...userId });
  }

  reply(id: string): Promise<ReplyBody> {
    return this.until(() => this.replies.get(id)?.at(-1));
  }

  async ask(wish: ItemWish): Promise<ReplyBody> {
    const [id] = await this.send(wish);
    return this.reply(id!);
  }
}

export class InboxWorker extends InboxUser {
  readonly session: string;
  readonly tentacle: string;
  /** All deliveries of its targets that came, copies too. */
  readonly deliveries: Delivery[] = [];
  /** What becomes of a delivery's message. */
  settle: (message: IncomingMessage) => void = (message) => message.ack();

  constructor(broker: Broker, names: Topology, session: string, tentacle = "octavia") {
    super(broker, names, names.session(space, session));
    this.session = session;
    this.tentacle = tentacle;
  }

  async open(targets: readonly string[]): Promise<ReplyBody> {
    await this.listen();
    const facts = { tentacle: this.tentacle, version: "1.0.0", capacity: 1000, succeeds: [], knows: [] };
    const answer = await this.ask({
      type: "session.open",
      session: this.session,
      targets: [...targets],
      ...facts,
    });
    for (const target of targets) await this.serve(target);
    return answer;
  }

  protected override takeDeliveries(deliveries: readonly Delivery[]): void {
    this.deliveries.push(...deliveries.map((delivery) => Delivery.parse(delivery)));
  }

  async serve(target: string): Promise<void> {
    await this.broker.consume(this.names.target(space, target), { prefetch: 100 }, (message) => {
      const text = message.body.toString();
      this.settle(message);
      if (text.startsWith("{")) this.deliveries.push(Delivery.parse(JSON.parse(text)));
      this.announce();
    });
  }

  /** The `count`-th copy of a delivery of that task. */
  delivery(task: string, count = 1): Promise<Delivery> {
    return this.until(() => this.deliveries.filter((delivery) => delivery.task === task)[count - 1]);
  }

  report({ task, leg, attempt, token }: Delivery, report: AttemptReport): Promise<string[]> {
    return this.send({ type: "report", session: this.session, task, leg, attempt, token, report });
  }

  async succeed(delivery: Delivery): Promise<void> {
    await this.report(delivery, { type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  }
}
