import type { Broker } from "@berth/broker";
import type { Topology } from "@berth/protocol";
import type { Ownership, Store } from "@berth/store";
import type { Logger } from "pino";
import { Caution } from "./caution.ts";
import { Retention } from "./retention.ts";
import { type DispatcherSettings, defaultDispatcherSettings } from "./settings.ts";
import { Deposed, Term, type TermSetup } from "./term.ts";
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
}

/**
 * Dispatches one space: owns it whenever nobody else does, term after term. A term that breaks off for whatever reason
 * is followed by another one, which starts from what is stored.
 */
export class Dispatcher {
  readonly #setup: TermSetup;
  readonly #owning = Promise.withResolvers<void>();
  readonly #stopping = Promise.withResolvers<void>();
  #life: Promise<void> | null = null;
  #term: Term | null = null;
  #isStopping = false;

  constructor(setup: DispatcherSetup) {
    const { timing = realTiming, random = Math.random, settings, logger, space } = setup;
    this.#setup = {
      ...setup,
      timing: steadyTiming(timing),
      random,
      settings: { ...defaultDispatcherSettings, ...settings },
      logger: logger.child({ space }),
      defective: new Map(),
      caution: new Caution(),
    };
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

  async #live(): Promise<void> {
    const { logger } = this.#setup;
    while (!this.#isStopping) {
      try {
        const ownership = await this.#acquire();
        if (ownership !== null) await this.#serve(ownership);
        else logger.debug("another dispatcher owns the space; waiting for it");
      } catch (error) {
        if (error instanceof Deposed) logger.warn(error.message);
        else logger.error({ err: error }, "the term was broken off; the next one starts from what is stored");
      }
      if (!this.#isStopping) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const pause = Promise.withResolvers<void>();
    const { timing, settings } = this.#setup;
    const cancel = timing.after(settings.retryMs, pause.resolve);
    await Promise.race([pause.promise, this.#stopping.promise]);
    cancel();
  }

  async #acquire(): Promise<Ownership | null> {
    const { store, space, owner, settings, timing } = this.#setup;
    return await store.acquire({ space, owner, at: timing.now(), leaseMs: settings.ownerLeaseMs });
  }

  async #serve(ownership: Ownership): Promise<void> {
    const { store, space, owner, settings, timing, logger } = this.#setup;
    const { epoch } = ownership;
    const term = new Term(this.#setup, ownership);
    const retention = new Retention(store, space, settings.retention, timing, logger);
    const stopRenewal = timing.every(settings.ownerLeaseMs / 3, () => void this.#renew(term, epoch));
    try {
      await term.begin();
      this.#term = term;
      retention.start();
      logger.info({ epoch }, "owns the space");
      this.#owning.resolve();
      if (this.#isStopping) await term.end();
      await term.ended;
    } catch (error) {
      await term.breakOff(error);
      throw error;
    } finally {
      this.#term = null;
      stopRenewal();
      await retention.stop();
      await store.release({ space, owner, epoch }).catch((error: unknown) => {
        logger.warn({ err: error }, "the space could not be given back; its lease has to end");
      });
    }
  }

  /** A store that does not answer now may answer before the lease ends; every commit is fenced in any case. */
  async #renew(term: Term, epoch: number): Promise<void> {
    const { store, space, owner, settings, timing, logger } = this.#setup;
    try {
      const stored = await store.renew({
        space,
        owner,
        epoch,
        at: timing.now(),
        leaseMs: settings.ownerLeaseMs,
      });
      if (stored === null) await term.breakOff(new Deposed(`another dispatcher owns space ${space} now`));
    } catch (error) {
      logger.warn({ err: error }, "the ownership of the space could not be renewed; it is tried again");
    }
  }
}
