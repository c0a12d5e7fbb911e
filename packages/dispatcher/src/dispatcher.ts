import type { Broker } from "@berth/broker";
import type { FormerOwner, Topology } from "@berth/protocol";
import type { Ownership, Store } from "@berth/store";
import type { Logger } from "pino";
import { Caution } from "./caution.ts";
import { Courtesy } from "./courtesy.ts";
import { Deposed } from "./deposed.ts";
import { Foresight } from "./foresight.ts";
import { Lease } from "./lease.ts";
import type { RecentCommit, RecentCommits } from "./recent-commits.ts";
import { repeat } from "./repetition.ts";
import { Retention } from "./retention.ts";
import { type DispatcherSettings, defaultDispatcherSettings, ownUser } from "./settings.ts";
import { Term, type TermSetup } from "./term.ts";
import { realTiming, steadyTiming, type Timing } from "./timing.ts";

export interface DispatcherSetup {
  readonly space: string;
  /** Unique for this life of the process. */
  readonly owner: string;
  /** Started and stopped by whoever made it, as is the store. */
  readonly broker: Broker;
  readonly store: Store;
  readonly topology: Topology;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly settings?: Partial<DispatcherSettings>;
  readonly timing?: Timing;
  readonly random?: () => number;
  /**
   * For how long it leaves its space to others where that is free: who dispatches many spaces takes the next one after
   * those who dispatch few; ms. Left out: not at all.
   */
  readonly hesitationMs?: () => number;
}

/**
 * How a dispatcher stands to its space.
 *
 * - `unknown`: it has not seen yet whose it is, or cannot see it at this time
 * - `waiting`: somebody else owns it
 * - `taking`: it is free, and this one is about to own it
 * - `owner`: as far as it knows
 */
export type Standing = "unknown" | "waiting" | "taking" | "owner";

/**
 * Dispatches one space: owns it whenever nobody else does, term after term. A term that breaks off for whatever reason
 * is followed by another one, which starts from what is stored.
 */
export class Dispatcher {
  readonly #setup: TermSetup;
  readonly #hesitationMs: () => number;
  readonly #courtesy: Courtesy;
  readonly #owning = Promise.withResolvers<void>();
  readonly #stopping = Promise.withResolvers<void>();
  #life: Promise<void> | null = null;
  #term: Term | null = null;
  #isStopping = false;
  #standing: Standing = "unknown";
  /** Until then it leaves its space to others, because it has handed it over. */
  #reluctantUntil = 0;
  /** When to look again whether the space is free. */
  #nextLookMs = 0;
  /** The greatest epoch that it has had. */
  #epoch = 0;
  /** What the last term committed, where that was broken off: the store may have lost some of it. */
  #former: { readonly recent: RecentCommits; readonly brokenOffAt: number } | null = null;
  #repeating: Promise<void> = Promise.resolve();

  constructor(setup: DispatcherSetup) {
    const { random = Math.random, hesitationMs = () => 0, logger, space } = setup;
    const timing = steadyTiming(setup.timing ?? realTiming);
    const settings = { ...defaultDispatcherSettings, ...setup.settings };
    const leaseMs = settings.ownerLeaseMs;
    this.#setup = {
      ...setup,
      ...{ timing, random, settings },
      logger: logger.child({ space }),
      lease: new Lease({ ...setup, leaseMs, timing }),
      foresight: new Foresight(setup.store, space, leaseMs),
      defective: new Map(),
      caution: new Caution(),
    };
    this.#hesitationMs = hesitationMs;
    this.#courtesy = new Courtesy(setup.owner, leaseMs);
    const { broker } = setup;
    // It is seen at once where the setting makes no sense, and not by the first message.
    if (ownUser(this.#setup.settings) === null && broker.capabilities.authenticatesUsers)
      this.#setup.logger.warn("serverUsers is not set: whoever reaches the broker may say anything");
  }

  /** Idempotent. Resolves when it has begun its first term, which is when nobody else owns the space any more. */
  async start(): Promise<void> {
    this.#life ??= this.#live();
    await Promise.race([this.#owning.promise, this.#stopping.promise]);
  }

  /** Idempotent. Resolves when nothing is under way and the space has been given back. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopping.resolve();
    await this.#term?.end();
    await this.#life;
  }

  /** Whether it owns its space at this time, as far as it knows. */
  get isOwner(): boolean {
    return this.#term !== null;
  }

  get space(): string {
    return this.#setup.space;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /**
   * Gives the space back for others to take; if nobody has within `reluctanceMs`, it takes it again. Resolves when nothing
   * of its term is under way.
   */
  async handOver(reluctanceMs: number): Promise<void> {
    if (this.#term === null) return;
    this.#reluctantUntil = this.#setup.timing.now() + reluctanceMs;
    await this.#term.end();
  }

  async #live(): Promise<void> {
    const { settings, logger } = this.#setup;
    while (!this.#isStopping) {
      let pauseMs = settings.retryMs;
      try {
        const ownership = await this.#acquire();
        await this.#seeWhatWasLost();
        if (ownership !== null) await this.#serve(ownership);
        else this.#isWaiting();
        pauseMs = this.#nextLookMs;
      } catch (error) {
        this.#standing = "unknown";
        if (error instanceof Deposed) logger.warn(error.message);
        else logger.error({ err: error }, "the term was broken off; the next one starts from what is stored");
      }
      await this.#pause(pauseMs);
    }
    this.#standing = "unknown";
    await this.#seeWhatWasLost().catch((error: unknown) => {
      logger.error({ err: error }, "it cannot be seen whether the store has lost anything");
    });
    await this.#repeating;
  }

  #isWaiting(): void {
    if (this.#standing !== "waiting") {
      this.#setup.logger.debug("another dispatcher owns the space; waiting for it");
    }
    this.#standing = "waiting";
  }

  /**
   * Whoever has the space now, this dispatcher or another one, started from the store as it was then. One who has not
   * committed anything may still have to make it whole, which brings the history along: it gets the time of a lease.
   */
  async #seeWhatWasLost(): Promise<void> {
    if (this.#former === null) return;
    const { recent, brokenOffAt } = this.#former;
    const { store, space, owner, settings, timing } = this.#setup;
    const { sequence, epochs } = await store.history(space);
    const present = epochs.at(-1);
    const hasBegun = present?.owner === owner || (present !== undefined && sequence > present.sequence);
    const isLate = this.#isStopping || timing.now() >= brokenOffAt + settings.ownerLeaseMs;
    if (!hasBegun && !isLate) return;
    const lost = recent.lostTo(epochs);
    if (lost === null) return;
    const former = { owner, epoch: recent.epoch };
    this.#former = null;
    this.#repeating = this.#repeating.then(() => this.#repeat(former, lost));
  }

  /** Never rejects, and keeps nobody from serving the space. */
  async #repeat(former: FormerOwner, lost: readonly RecentCommit[]): Promise<void> {
    const { timing, settings, logger } = this.#setup;
    for (;;) {
      try {
        const items = await repeat({ ...this.#setup, former, at: timing.now() }, lost);
        if (items > 0)
          logger.warn({ items }, "the store went backwards: what it lost is in the inbox again, as commands");
        return;
      } catch (error) {
        logger.error({ err: error }, "what the store lost could not be put into the inbox again");
      }
      if (this.#isStopping) return;
      await this.#pause(settings.retryMs);
    }
  }

  /** Not for longer than until it is stopped. */
  async #pause(ms: number): Promise<void> {
    if (this.#isStopping || ms <= 0) return;
    const pause = Promise.withResolvers<void>();
    const cancel = this.#setup.timing.after(ms, pause.resolve);
    await Promise.race([pause.promise, this.#stopping.promise]);
    cancel();
  }

  /** `null`: it is somebody else's, or his turn. Whoever waits asks the store this one question at each look. */
  async #acquire(): Promise<Ownership | null> {
    const { store, space, owner, timing, lease, foresight } = this.#setup;
    const history = await store.history(space);
    const now = timing.now();
    const leftMs = history.epochs.at(-1)?.owner === owner ? 0 : history.leaseUntil - now;
    this.#nextLookMs = this.#lookMs(leftMs);
    if (this.#courtesy.leavesItToItsOwner(history, now)) return null;
    if (leftMs > 0) {
      foresight.look(history, now);
      return null;
    }
    this.#standing = "taking";
    await this.#pause(Math.max(this.#hesitationMs(), this.#reluctantUntil - now));
    if (this.#isStopping) return null;
    const ownership = await lease.acquire(this.#epoch);
    this.#epoch = Math.max(this.#epoch, ownership?.epoch ?? 0);
    return ownership;
  }

  /** Those who wait for many spaces spread their looks; where a lease ends before, that is the moment. */
  #lookMs(leftMs: number): number {
    const { settings, random } = this.#setup;
    const spreadMs = settings.waitMs * (0.75 + random() / 2);
    return leftMs > 0 ? Math.min(spreadMs, leftMs) : spreadMs;
  }

  async #serve(ownership: Ownership): Promise<void> {
    const { store, space, owner, settings, timing, logger } = this.#setup;
    const term = new Term(this.#setup, ownership);
    const retention = new Retention(store, space, settings.retention, timing, logger);
    const stopRenewal = timing.every(settings.ownerLeaseMs / 3, () => void this.#renew(term));
    try {
      await term.begin();
      this.#term = term;
      this.#standing = "owner";
      retention.start();
      logger.info({ epoch: term.epoch }, "owns the space");
      this.#owning.resolve();
      if (this.#isStopping) await term.end();
      await term.ended;
    } catch (error) {
      await term.breakOff(error);
      if (term.recent !== null) this.#former = { recent: term.recent, brokenOffAt: timing.now() };
      throw error;
    } finally {
      this.#term = null;
      this.#standing = "unknown";
      this.#epoch = term.epoch;
      stopRenewal();
      // Others wait for the space: it is not kept for the sake of what is being deleted with age.
      const released = store.release({ space, owner, epoch: term.epoch }).catch((error: unknown) => {
        logger.warn({ err: error }, "the space could not be given back; its lease has to end");
      });
      await Promise.all([released, retention.stop()]);
    }
  }

  /** A store that does not answer now may answer before the lease ends; every commit is fenced in any case. */
  async #renew(term: Term): Promise<void> {
    const { lease, logger } = this.#setup;
    const durable = term.recent?.durable ?? 0;
    try {
      const stored = await lease.renew(term.epoch);
      if (stored === null || stored < durable) await term.probe();
    } catch (error) {
      logger.warn({ err: error }, "the ownership of the space could not be renewed; it is tried again");
    }
  }
}
