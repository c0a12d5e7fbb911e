import { type Broker, JsonMessage } from "@berth/broker";
import type { InboxItem } from "@berth/protocol";
import type { History } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { Machine } from "../world/machine.ts";

export interface ReportEntry {
  item: InboxItem;
  /** It is on its way, so it cannot be changed any more. */
  isSealed: boolean;
  onConfirmed: () => void;
}

interface Batch {
  readonly entries: readonly ReportEntry[];
  state: "in flight" | "failed";
}

const inFlightMax = 8;

export interface ReporterSetup {
  readonly machine: Machine;
  readonly broker: Broker;
  readonly inbox: string;
  readonly replyTo: string;
  readonly user: string;
  readonly session: string;
  readonly chance: Chance;
  readonly history: History;
}

/** Sends what a session has to say, in order; what the broker did not confirm is sent again before anything new. */
export class Reporter {
  readonly #setup: ReporterSetup;
  #queue: ReportEntry[] = [];
  #inFlight: Batch[] = [];
  #items = 0;
  #isStalled = false;
  #isClosed = false;
  #isFlushing = false;

  constructor(setup: ReporterSetup) {
    this.#setup = setup;
  }

  newItemId(scope: string | number): string {
    this.#items += 1;
    return `${this.#setup.session}/${scope}/${this.#items}`;
  }

  push(item: InboxItem, onConfirmed: () => void = () => {}): ReportEntry {
    const entry = { item, isSealed: false, onConfirmed };
    if (this.#isClosed) return entry;
    this.#queue.push(entry);
    this.#flushSoon();
    return entry;
  }

  /** Without a guarantee, and out of order: for heartbeats and requests that are repeated by whoever sends them. */
  sendOnce(item: InboxItem): Promise<unknown> {
    // A heartbeat that is confirmed counts, so no restart of the broker may lose it.
    return this.#publish([item], item.type === "session.beat");
  }

  get isSettled(): boolean {
    return this.#isClosed || (this.#queue.length === 0 && this.#inFlight.length === 0);
  }

  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#inFlight = [];
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#setup.machine.soon(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed || this.#isStalled || this.#queue.length === 0) return;
    if (this.#inFlight.length >= inFlightMax) return;
    const entries = this.#queue;
    this.#queue = [];
    for (const entry of entries) entry.isSealed = true;
    const batch: Batch = { entries, state: "in flight" };
    this.#inFlight.push(batch);
    this.#send(batch);
  }

  #send(batch: Batch): void {
    const items = batch.entries.map(({ item }) => item);
    this.#publish(items, true).then(
      () => this.#confirmed(batch),
      () => this.#failed(batch),
    );
  }

  #publish(items: readonly InboxItem[], persistent: boolean): Promise<unknown> {
    const { broker, inbox, replyTo, user, history } = this.#setup;
    for (const item of items) history.asked.push({ at: history.now, item });
    return broker
      .publish(new JsonMessage(inbox, { v: 1, replyTo, items }, persistent, user))
      .then((outcome) => {
        if (outcome === "unroutable") throw new Error("there is no inbox");
      });
  }

  #confirmed(batch: Batch): void {
    if (this.#isClosed) return;
    this.#inFlight.splice(this.#inFlight.indexOf(batch), 1);
    for (const { onConfirmed } of batch.entries) onConfirmed();
    if (this.#isStalled) this.#sendFailedAgain();
    else this.#flushSoon();
  }

  #failed(batch: Batch): void {
    if (this.#isClosed) return;
    batch.state = "failed";
    this.#isStalled = true;
    this.#sendFailedAgain();
  }

  /** Once nothing is in flight any more, all that failed, in its old order. */
  #sendFailedAgain(): void {
    if (this.#inFlight.some(({ state }) => state === "in flight")) return;
    const { machine, chance } = this.#setup;
    machine.after(chance.int(50, 500), () => {
      if (this.#isClosed) return;
      this.#isStalled = false;
      for (const batch of this.#inFlight) batch.state = "in flight";
      for (const batch of [...this.#inFlight]) this.#send(batch);
      this.#flushSoon();
    });
  }
}
