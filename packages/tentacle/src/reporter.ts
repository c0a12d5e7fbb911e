import type { AttemptReport, InboxItem } from "@berth/protocol";
import type { Logger } from "pino";
import { BackOff } from "./back-off.ts";
import type { Inbox } from "./inbox.ts";
import { pause } from "./timing.ts";

const itemsMax = 500;
const bytesMax = 512 * 1024;
/** Messages that wait for the broker's confirmation at a time; what is reported meanwhile gathers into the next one. */
const inFlightMax = 8;
/** Output waits so long for more of it, unless there is much of it or something else goes out. */
const outputDelayMs = 50;
const outputBytesSoon = 64 * 1024;
/** Of an item without its texts, roughly. */
const itemBytes = 300;

/** Which attempt a report is about. */
export interface AttemptIdentity {
  /** Number of the attempt in this process: finds it again when its report is refused. */
  readonly serial: number;
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  readonly token: string;
}

export interface ReportHolder {
  /** The broker has the message with this entry. */
  confirmed(entry: ReportEntry): void;
}

export interface ReportEntry {
  item: InboxItem;
  bytes: number;
  /** On its way: it must not be changed any more. */
  sealed: boolean;
  holder: ReportHolder | null;
}

interface Batch {
  readonly entries: readonly ReportEntry[];
  state: "in flight" | "failed";
}

export interface ReporterSetup {
  readonly session: string;
  readonly inbox: Inbox;
  readonly logger: Logger;
}

/**
 * Sends what a session has to say, in order, many items in one message. What the broker did not confirm is sent again
 * under the same ids until the session is over. The order holds through that: nothing new is sent between.
 */
export class Reporter {
  readonly #setup: ReporterSetup;
  #queue: ReportEntry[] = [];
  #queueBytes = 0;
  #inFlight: Batch[] = [];
  #itemNumber = 0;
  #flushScheduled = false;
  #outputTimer: NodeJS.Timeout | null = null;
  #stalled = false;
  #settledWaiters: (() => void)[] = [];
  readonly #backOff: BackOff = new BackOff();
  readonly #closed: AbortController = new AbortController();

  constructor(setup: ReporterSetup) {
    this.#setup = setup;
  }

  report(
    { serial, task, leg, attempt, token }: AttemptIdentity,
    report: AttemptReport,
    textBytes: number,
    holder: ReportHolder | null,
  ): ReportEntry {
    const { session } = this.#setup;
    const id = this.newItemId(serial);
    const item: InboxItem = { type: "report", id, session, task, leg, attempt, token, report };
    return this.push(item, textBytes, holder, report.type !== "progress");
  }

  /** Says something in the place of an entry that is not sealed, which nobody has heard of then. */
  supersede(entry: ReportEntry, report: AttemptReport, textBytes: number, holder: ReportHolder): void {
    if (entry.item.type !== "report") throw new Error(`a ${entry.item.type} is not superseded by a report`);
    entry.item = { ...entry.item, report };
    entry.holder = holder;
    this.grow(entry, textBytes);
  }

  /** Unique in all sessions. `scope` is a serial or a word; `serialOf` gives it back. */
  newItemId(scope: number | string): string {
    this.#itemNumber += 1;
    return `${this.#setup.session}/${scope}/${this.#itemNumber}`;
  }

  push(item: InboxItem, textBytes: number, holder: ReportHolder | null, soon: boolean): ReportEntry {
    const entry: ReportEntry = { item, bytes: itemBytes + textBytes, sealed: false, holder };
    if (this.#closed.signal.aborted) return entry;
    this.#queue.push(entry);
    this.#queueBytes += entry.bytes;
    if (soon || this.#queueBytes > outputBytesSoon) this.#flushSoon();
    else this.#outputTimer ??= setTimeout(this.#flush, outputDelayMs);
    return entry;
  }

  /** An entry that is not sealed has got more text. */
  grow(entry: ReportEntry, textBytes: number): void {
    entry.bytes += textBytes;
    this.#queueBytes += textBytes;
    if (this.#queueBytes > outputBytesSoon) this.#flushSoon();
  }

  /** Resolves when the broker has confirmed everything, or the session is over. */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve();
    this.#flushSoon();
    return new Promise((resolve) => this.#settledWaiters.push(resolve));
  }

  /** The session is over: nothing more is sent. */
  close(): void {
    this.#closed.abort();
    this.#queue = [];
    this.#inFlight = [];
    if (this.#outputTimer !== null) clearTimeout(this.#outputTimer);
    this.#tellSettled();
  }

  /** After this tick, so that what the tick still brings rides along. */
  #flushSoon(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#outputTimer !== null) clearTimeout(this.#outputTimer);
    this.#outputTimer = null;
    while (this.#queue.length > 0 && !this.#stalled && this.#inFlight.length < inFlightMax) {
      const batch: Batch = { entries: this.#takeEntries(), state: "in flight" };
      this.#inFlight.push(batch);
      this.#send(batch);
    }
  };

  #takeEntries(): ReportEntry[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#queue) {
      if (count > 0 && (count === itemsMax || bytes + entry.bytes > bytesMax)) break;
      entry.sealed = true;
      bytes += entry.bytes;
      count += 1;
    }
    this.#queueBytes -= bytes;
    if (count < this.#queue.length) return this.#queue.splice(0, count);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  #send(batch: Batch): void {
    const items = batch.entries.map(({ item }) => item);
    this.#setup.inbox.send(items, true).then(
      () => this.#confirmed(batch),
      (error: unknown) => this.#failed(batch, error),
    );
  }

  #confirmed(batch: Batch): void {
    if (this.#closed.signal.aborted) return;
    this.#inFlight.splice(this.#inFlight.indexOf(batch), 1);
    if (!this.#stalled) this.#backOff.reset();
    for (const entry of batch.entries) entry.holder?.confirmed(entry);
    if (this.#stalled) this.#sendFailedAgain();
    if (this.#queue.length > 0) this.#flushSoon();
    this.#tellSettled();
  }

  #failed(batch: Batch, error: unknown): void {
    if (this.#closed.signal.aborted) return;
    batch.state = "failed";
    this.#setup.logger.debug(
      { err: error, items: batch.entries.length },
      "reports not confirmed; again soon",
    );
    this.#stalled = true;
    this.#sendFailedAgain();
  }

  /** Once nothing is in flight any more, all that failed, in its old order. */
  #sendFailedAgain(): void {
    if (this.#inFlight.some(({ state }) => state === "in flight")) return;
    void pause(this.#backOff.next(), this.#closed.signal).then(() => {
      this.#stalled = false;
      for (const batch of this.#inFlight) batch.state = "in flight";
      for (const batch of [...this.#inFlight]) this.#send(batch);
      this.#flushSoon();
    });
  }

  #isSettled(): boolean {
    return this.#closed.signal.aborted || (this.#queue.length === 0 && this.#inFlight.length === 0);
  }

  #tellSettled(): void {
    if (!this.#isSettled()) return;
    for (const resolve of this.#settledWaiters.splice(0)) resolve();
  }
}

/** The scope of an item's id: what `newItemId` was given. */
export function scopeOf(itemId: string): string {
  return itemId.split("/")[1] ?? "";
}
