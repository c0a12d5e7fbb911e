import type { Broker, Consumer, IncomingMessage } from "@berth/broker";
import { type Counters, defaultSettings, Engine } from "@berth/engine";
import type { Topology } from "@berth/protocol";
import { type EpochStart, type Ownership, type Store, StoreError } from "@berth/store";
import type { Logger } from "pino";
import type { Batch } from "./batch.ts";
import { calendar } from "./calendar.ts";
import type { Caution } from "./caution.ts";
import { Commits } from "./commits.ts";
import { Departures } from "./departures.ts";
import { Desk, type Occasion } from "./desk.ts";
import type { Foresight } from "./foresight.ts";
import { type Entry, type Opened, openMessage, openRefused, taskOf } from "./inbox.ts";
import { Intake, type Received } from "./intake.ts";
import type { Lease } from "./lease.ts";
import type { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { Payloads } from "./payloads.ts";
import { Pulse } from "./pulse.ts";
import { Queues } from "./queues.ts";
import { RecentCommits } from "./recent-commits.ts";
import { recentPast } from "./recent-past.ts";
import type { DispatcherSettings } from "./settings.ts";
import type { Cancel, Timing } from "./timing.ts";
import { Watchers } from "./watchers.ts";
import { WriteBack } from "./write-back.ts";

/** What a term needs of the world. */
export interface TermSetup {
  readonly space: string;
  readonly owner: string;
  readonly broker: Broker;
  readonly store: Store;
  readonly topology: Topology;
  readonly settings: DispatcherSettings;
  /** Its time never goes back. */
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly lease: Lease;
  readonly foresight: Foresight;
  /** Commands that met a defect, by id, with what it was: they are refused when they come again. */
  readonly defective: Map<string, string>;
  readonly caution: Caution;
}

/**
 * One term of ownership of a space: from the load of its state until it is given back, lost or broken off. The loop is
 *
 *     take what is in the inbox → apply each → one commit → send → acknowledge
 *
 * and what comes in while commits are under way makes up the next batch, which is decided meanwhile. Nothing of a batch
 * leaves before its own commit and all those before it are done. A store or a broker that does not answer is waited for,
 * and a store that went backwards is made whole. Whatever else goes wrong ends the term; the next one starts from what is
 * stored, and the inbox brings again what was not acknowledged.
 */
export class Term {
  readonly #setup: TermSetup;
  readonly #ownership: Ownership;
  readonly #queues: Queues;
  readonly #patience: Patience;
  readonly #payloads: Payloads;
  readonly #watchers = new Watchers();
  readonly #pulse: Pulse;
  readonly #ended = Promise.withResolvers<void>();
  readonly #consumers: Consumer[] = [];
  readonly #intake = new Intake();
  #engine: Engine | null = null;
  #desk: Desk | null = null;
  #commits: Commits | null = null;
  #recent: RecentCommits | null = null;
  #tasksWithoutPayload: readonly string[] = [];
  #state: "idle" | "running" | "ended" = "idle";
  #mustResend = false;
  /** Settles when every batch that was decided is committed, sent and acknowledged; rejects when one was not. */
  #leaving: Promise<void> = Promise.resolve();
  /** The same of all but the last one. */
  #leavingBefore: Promise<void> = Promise.resolve();
  /** The last commit, and so all before it. */
  #committing: Promise<void> = Promise.resolve();
  readonly #departures: Departures;
  #cancelTimer: Cancel = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopListening: () => void = () => undefined;

  constructor(setup: TermSetup, ownership: Ownership) {
    this.#setup = setup;
    this.#ownership = ownership;
    this.#queues = new Queues(setup.broker, setup.topology, setup.space);
    this.#patience = new Patience(setup.timing, setup.settings.retryMs, setup.logger);
    const { store, space, settings } = setup;
    this.#payloads = new Payloads(store, space, this.#patience, settings.payloadCacheBytes);
    const leaseMs = settings.engine.leaseMs ?? defaultSettings.leaseMs;
    this.#departures = new Departures({
      ...{ ...setup, queues: this.#queues, payloads: this.#payloads, patience: this.#patience },
      retryMs: settings.retryMs,
      isSure: () => !setup.lease.isOver,
      makeSure: () => this.#makeSure(),
      isOpen: (session) => this.#engine?.standing.openerOf(session) !== undefined,
      keepSessionQueueMs: leaseMs,
      probe: async () => this.#commits?.probe(),
      resend: () => this.#resendSoon(),
      giveUp: (tasks) => this.#giveUp(tasks),
      fail: (error) => void this.breakOff(error),
    });
    // It may break off before anybody waits for its end.
    this.#ended.promise.catch(() => undefined);
    this.#pulse = new Pulse(setup.timing, leaseMs / 4);
  }

  /** Resolves when the term has ended by `end`; rejects when it was broken off. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** In which it commits; grows when the store was made whole. */
  get epoch(): number {
    return this.#recent?.epoch ?? this.#ownership.epoch;
  }

  /** What it committed last; `null` where it never came to that. */
  get recent(): RecentCommits | null {
    return this.#recent;
  }

  /** Loads the space, sends again what may have been lost, and begins to read the inbox. */
  async begin(): Promise<void> {
    const { store, space, broker, settings, timing, foresight } = this.#setup;
    const { epochs } = await store.history(space);
    const epochsBefore = epochs.filter((start) => start.epoch < this.#ownership.epoch);
    const foreseen = await foresight.take(this.#ownership, epochsBefore);
    const records = foreseen ?? (await store.load(space));
    const start = { records, epoch: this.#ownership.epoch, at: timing.now(), settings: settings.engine };
    const engine = new Engine({ ...start, calendar });
    this.#engine = engine;
    this.#commits = await this.#commitsOf(engine, records.counters, epochsBefore);
    this.#desk = new Desk({ ...this.#setup, engine, watchers: this.#watchers, payloads: this.#payloads });
    await this.#queues.declare(records.targets.map((target) => target.id));
    await this.#queues.declareSessions(records.sessions.map((session) => session.id));
    this.#stopListening = broker.onMessagesLost(() => this.#resendSoon());
    this.#pulse.start();
    this.#mustResend = true;
    await this.#queues.consume(
      settings.inboxPrefetch,
      (message) => this.#take(message),
      (consumer) => this.#consumers.push(consumer),
    );
    if (this.#state === "ended") {
      // It was broken off meanwhile. A consumer that nobody knows of would keep its share of the inbox for ever.
      this.#close();
      await this.#letGo();
    }
    this.#wake();
    this.#fillPayloads(records.tasks).catch((error: unknown) => this.breakOff(error));
  }

  /** Behind all else: they are only needed when the store loses them. */
  async #fillPayloads(tasks: readonly { readonly id: string }[]): Promise<void> {
    const isWanted = (task: string): boolean =>
      this.#state !== "ended" && this.#engine?.isAlive(task) === true;
    await this.#payloads.fill(
      tasks.map(({ id }) => id),
      isWanted,
    );
  }

  async #commitsOf(
    engine: Engine,
    counters: Counters,
    epochsBefore: readonly EpochStart[],
  ): Promise<Commits> {
    const { store, space, owner, settings, timing } = this.#setup;
    const recent = new RecentCommits(owner, this.#ownership, epochsBefore, settings.recentCommitBytes);
    const now = timing.now();
    recent.addPast(await recentPast(store, space, now), counters, now);
    this.#recent = recent;
    const { ownerLeaseMs } = settings;
    const setup = { ...this.#setup, recent, patience: this.#patience };
    const writeBack = new WriteBack({ ...setup, ownerLeaseMs, engine, payloads: this.#payloads });
    return new Commits({ ...setup, writeBack }, counters);
  }

  /** Sees whether the store still has what was committed, and makes it whole where it has not. */
  async probe(): Promise<void> {
    try {
      await this.#commits?.probe();
    } catch (error) {
      await this.breakOff(error);
    }
  }

  /**
   * Resolves when nobody else can have the space: what stood still between a commit and what follows from it may find that
   * all has changed since. The store tells.
   */
  async #makeSure(): Promise<void> {
    const { lease } = this.#setup;
    while (lease.isOver) {
      const stored = await this.#patience.ask(() => lease.renew(this.epoch));
      if (stored === null) await this.#commits?.probe();
    }
  }

  /** Finishes the batch under way, and gives back to the inbox what was not begun. Idempotent. */
  async end(): Promise<void> {
    this.#close();
    await this.#running;
    await this.#leaving.catch((error: unknown) => {
      this.#setup.logger.error({ err: error }, "the last batch failed; it stays in the inbox");
    });
    await this.#departures.settled;
    await this.#letGo();
    this.#ended.resolve();
  }

  #close(): void {
    this.#state = "ended";
    this.#intake.clear();
    this.#patience.end();
    this.#stopListening();
    this.#pulse.stop();
    this.#cancelTimer();
    this.#departures.close();
  }

  async #letGo(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.release();
  }

  /** Nothing more is sent or acknowledged: another owner, or the next term, goes on from what is stored. */
  async breakOff(error: unknown): Promise<void> {
    if (this.#state === "ended") return;
    this.#close();
    this.#commits?.abandon();
    await this.#letGo().catch(() => undefined);
    // The next term may load nothing that this one still writes.
    await Promise.allSettled([this.#running, this.#leaving, this.#committing]);
    this.#ended.reject(error);
  }

  #take(message: IncomingMessage): void {
    this.#intake.add({ message, opened: this.#open(message) });
    this.#wake();
  }

  #resendSoon(): void {
    this.#mustResend = true;
    this.#wake();
  }

  #giveUp(tasks: readonly string[]): void {
    this.#tasksWithoutPayload = [...this.#tasksWithoutPayload, ...tasks];
    this.#wake();
  }

  /** At the end of this turn of the event loop, so that what comes in together is taken together. */
  #wake(): void {
    if (this.#state !== "idle") return;
    this.#state = "running";
    this.#running = new Promise((resolve) => {
      this.#setup.timing.soon(() => void this.#run().then(resolve));
    });
  }

  async #run(): Promise<void> {
    try {
      do await this.#processBatch();
      while (this.#hasWork());
    } catch (error) {
      void this.breakOff(error);
    }
    if (this.#state !== "running") return;
    this.#state = "idle";
    this.#setTimer();
  }

  #hasWork(): boolean {
    if (this.#state !== "running") return false;
    return (
      this.#intake.size > 0 || this.#mustResend || this.#tasksWithoutPayload.length > 0 || this.#isTimerDue()
    );
  }

  #isTimerDue(): boolean {
    const nextAt = this.#engine?.nextTimerAt ?? null;
    return nextAt !== null && nextAt <= this.#setup.timing.now();
  }

  #setTimer(): void {
    this.#cancelTimer();
    const nextAt = this.#engine?.nextTimerAt ?? null;
    if (nextAt === null) return;
    const waitMs = Math.max(0, nextAt - this.#setup.timing.now());
    this.#cancelTimer = this.#setup.timing.after(waitMs, () => this.#wake());
  }

  /**
   * Resolves when there is room for another batch to be decided: at most two that are decided are not committed. With one, nothing
   * is decided while what it led to is on its way, and where few targets take turns everybody waits for everybody.
   */
  async #processBatch(): Promise<void> {
    const received = this.#takeReceived();
    const opened = received.map((each) => each.opened);
    const endedDigests = await this.#endedDigests(opened);
    while (this.#commits?.healing) await this.#untilWhole(this.#commits.healing);
    if (this.#desk === null || this.#commits === null || this.#state === "ended") return;
    const at = this.#setup.timing.now();
    const { batch, outbox } = this.#desk.decide(opened, { at, ...this.#takeOccasion(), endedDigests });
    const before = this.#leaving;
    const beforeThat = this.#leavingBefore;
    const committed = this.#commits.commit(batch, opened.length, at).catch((error: unknown) => {
      this.#suspect(opened, error);
      throw error;
    });
    this.#leavingBefore = before;
    this.#leaving = this.#leave(before, committed, batch, outbox, received);
    this.#leaving.catch((error: unknown) => void this.breakOff(error));
    this.#committing = committed;
    const deafFrom = this.#setup.timing.now();
    await beforeThat;
    this.#pulse.wasDeaf(this.#setup.timing.now() - deafFrom);
  }

  /** Nobody is listened to while the store is made whole. */
  async #untilWhole(healing: Promise<void>): Promise<void> {
    const { timing } = this.#setup;
    const deafFrom = timing.now();
    await healing;
    this.#pulse.wasDeaf(timing.now() - deafFrom);
  }

  #takeOccasion(): Pick<Occasion, "standstillMs" | "mustResend" | "tasksWithoutPayload"> {
    const mustResend = this.#mustResend;
    const tasksWithoutPayload = this.#tasksWithoutPayload;
    this.#mustResend = false;
    this.#tasksWithoutPayload = [];
    return { standstillMs: this.#pulse.takeStandstillMs(), mustResend, tasksWithoutPayload };
  }

  async #leave(
    before: Promise<void>,
    committed: Promise<void>,
    batch: Batch,
    outbox: Outbox,
    received: readonly Received[],
  ): Promise<void> {
    // Both are awaited at once, so that neither can be rejected without anybody listening.
    await Promise.all([before, committed]);
    await this.#departures.send(batch, outbox);
    for (const { message } of received) message.ack();
  }

  #takeReceived(): Received[] {
    const { settings, caution } = this.#setup;
    const most = caution.limit(settings.batchMessagesMax);
    const received = this.#intake.take(most);
    caution.taken(received.length);
    return received;
  }

  /** What contradicts the store comes of one of the messages: alone, it is found out and put aside. */
  #suspect(opened: readonly Opened[], error: unknown): void {
    if (!(error instanceof StoreError) || error.code !== "commit_invalid") return;
    const { defective, caution } = this.#setup;
    const [only, ...more] = opened;
    if (more.length > 0) caution.suspect(opened.length);
    else for (const { item } of only?.entries ?? []) defective.set(item.id, error.message);
  }

  #open(message: IncomingMessage): Opened {
    return message.queue === this.#queues.refused ? openRefused(message) : openMessage(message);
  }

  /**
   * Digests of submitted tasks that ended before, by id. Only the store knows them, and only two kinds of submits can
   * be repetitions of an ended task: those with an idempotency key (they have a digest), and those that come again.
   */
  async #endedDigests(opened: readonly Opened[]): Promise<ReadonlyMap<string, { digest: string }>> {
    const ids: string[] = [];
    for (const { entries } of opened)
      for (const entry of entries) if (this.#mayHaveEnded(entry)) ids.push(taskOf(entry));
    if (ids.length === 0) return noDigests;
    // What ended in a batch that is not committed yet is neither alive nor in the store.
    await this.#committing;
    const { store, space } = this.#setup;
    return await this.#patience.ask(() => store.digests(space, ids));
  }

  #mayHaveEnded({ item, redelivered }: Entry): boolean {
    if (item.type === "task.ended") return this.#engine?.isAlive(item.task) === false;
    if (item.type !== "submit") return false;
    return (redelivered || item.task.digest !== "") && this.#engine?.isAlive(item.task.id) === false;
  }
}

const noDigests: ReadonlyMap<string, { digest: string }> = new Map();
