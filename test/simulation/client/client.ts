import { JsonMessage } from "@berth/broker";
import { type InboxItem, OutboxMessage, type ReplyBody, type Topology } from "@berth/protocol";
import { SimulatedBroker } from "../broker/connection.ts";
import type { BrokerServer } from "../broker/server.ts";
import type { BrokerWeather } from "../broker/weather.ts";
import { serverUser } from "../dispatcher/dispatcher-process.ts";
import type { History } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import { Machine } from "../world/machine.ts";
import type { Cancel, Scheduler } from "../world/scheduler.ts";

export interface ClientSetup {
  readonly scheduler: Scheduler;
  readonly server: BrokerServer;
  readonly weather: BrokerWeather;
  readonly topology: Topology;
  readonly space: string;
  readonly name: string;
  readonly chance: Chance;
  readonly history: History;
}

interface Request {
  readonly item: InboxItem;
  readonly onAnswer: (body: ReplyBody) => void;
  cancelRetry: Cancel;
}

/**
 * Somebody who asks for things, again and again under the same id until there is an answer. What has no key of its own is
 * asked for once only, as nobody could tell its repetition.
 */
export class Client {
  readonly #setup: ClientSetup;
  readonly #machine: Machine;
  readonly #broker: SimulatedBroker;
  readonly #open = new Map<string, Request>();
  readonly #queue: string;
  #items = 0;

  constructor(setup: ClientSetup) {
    this.#setup = setup;
    this.#queue = setup.topology.replies(setup.name);
    this.#machine = new Machine(setup.scheduler, setup.name);
    this.#broker = new SimulatedBroker(this.#machine, setup.server, setup.weather, serverUser);
    void this.#broker.start().then(() => this.#consume());
  }

  get unanswered(): readonly InboxItem[] {
    return [...this.#open.values()].map(({ item }) => item);
  }

  newItemId(): string {
    this.#items += 1;
    return `${this.#setup.name}-${this.#items}`;
  }

  /** Sends items that stay together in one message. */
  ask(items: readonly InboxItem[], onAnswer: (body: ReplyBody) => void = () => {}): void {
    const { history } = this.#setup;
    for (const item of items) {
      this.#open.set(item.id, { item, onAnswer, cancelRetry: () => {} });
      if (item.type === "submit") history.submitted.set(item.task.id, item.task);
      history.asked.push({ at: history.now, item });
      history.note("asked", () => JSON.stringify(item));
    }
    this.#send(items);
  }

  breakConnection(): void {
    this.#broker.breakConnection();
  }

  #send(items: readonly InboxItem[]): void {
    const { topology, space, chance } = this.#setup;
    for (const { id } of items) {
      const request = this.#open.get(id);
      if (request === undefined) continue;
      if (isOnceOnly(request.item)) {
        request.cancelRetry = this.#machine.after(giveUpMs, () => this.#open.delete(id));
        continue;
      }
      request.cancelRetry = this.#machine.after(chance.int(800, 3_000), () => this.#send([request.item]));
    }
    const value = { v: 1, replyTo: this.#queue, items };
    // What becomes of it is told by the answer, or by its absence.
    this.#broker.publish(new JsonMessage(topology.inbox(space), value, true, serverUser)).catch(() => {});
  }

  #consume(): void {
    const read = async (): Promise<void> => {
      await this.#broker.declareQueue(this.#queue, { deadLetterQueue: null, lifetime: "session" });
      const consumer = await this.#broker.consume(this.#queue, { prefetch: 1_000 }, (message) => {
        const { replies } = OutboxMessage.parse(message.json());
        message.ack();
        for (const { id, body } of replies) this.#answered(id, body);
      });
      void consumer.ended.then(() => this.#consume());
    };
    read().catch(() => this.#machine.after(100, () => this.#consume()));
  }

  #answered(id: string, body: ReplyBody): void {
    const request = this.#open.get(id);
    if (request === undefined) return;
    this.#open.delete(id);
    request.cancelRetry();
    const { history } = this.#setup;
    history.answered.push({ at: history.now, item: request.item, body });
    history.note("answered", () => `${id} ${JSON.stringify(body)}`);
    request.onAnswer(body);
  }
}

const giveUpMs = 20_000;

function isOnceOnly(item: InboxItem): boolean {
  return item.type === "submit" && item.task.digest === "";
}
