import type { Engine, OopsRecord } from "@berth/engine";
import { type EpochStart, type Store, StoreError } from "@berth/store";
import type { Logger } from "pino";
import { Deposed } from "./deposed.ts";
import type { Patience } from "./patience.ts";
import type { Payloads } from "./payloads.ts";
import type { RecentCommits } from "./recent-commits.ts";
import { Restoration } from "./restoration.ts";
import type { Timing } from "./timing.ts";
import { oopsOfWriteBack, type WrittenBack } from "./written-back.ts";

export interface WriteBackSetup {
  readonly space: string;
  readonly owner: string;
  readonly ownerLeaseMs: number;
  readonly store: Store;
  readonly engine: Engine;
  readonly recent: RecentCommits;
  readonly payloads: Payloads;
  readonly patience: Patience;
  readonly timing: Timing;
  readonly newId: () => string;
  readonly logger: Logger;
}

/** Where the store stands. */
interface Found {
  /** The newest one that it knows of those before the write-back; 0 where it knows none. */
  readonly epoch: number;
  /** Of its last commit. */
  readonly sequence: number;
  /** It has the whole state that was written back, although nobody had heard of that. */
  readonly isWhole: boolean;
}

/** The commit of the whole live state, once it was tried: it may have been written although nobody heard of it. */
interface Seal {
  readonly epoch: number;
  readonly sequence: number;
  readonly restoration: Restoration;
}

/**
 * Makes a store whole that went backwards while its owner lives. The owner takes the space anew, in an epoch greater
 * than its own, so that no commit of before can come late. Where the store has lost no more than what was committed
 * lately, that is committed again as it was: at each moment the store is as it has been before. Else the whole live
 * state is written, in parts that nobody can load until the last one is there.
 */
export class WriteBack {
  readonly #setup: WriteBackSetup;
  #epochBefore = 0;
  #seal: Seal | null = null;

  constructor(setup: WriteBackSetup) {
    this.#setup = setup;
  }

  /**
   * Resolves when the store has everything, with the OOPS that tells of it; `null` where nothing was lost. Rejects with
   * `Deposed` where somebody else has had the space meanwhile.
   */
  async run(): Promise<OopsRecord | null> {
    const { space, recent, patience, timing, newId, logger } = this.#setup;
    const { durable } = recent;
    this.#epochBefore = recent.epoch;
    this.#seal = null;
    for (let stored = Number.POSITIVE_INFINITY; ; ) {
      const found = await patience.ask(() => this.#takeSpace());
      stored = Math.min(stored, found.sequence);
      const written = await patience.ask(() => this.#write(found)).catch(rethrowAsDefect);
      if (written !== null) {
        logger.info({ epoch: recent.epoch, stored, written }, "the store has everything again");
        if (written.type === "repeated" && stored >= durable) return null;
        return oopsOfWriteBack(`oops-${newId()}`, { space, durable, stored }, written, timing.now());
      }
      await patience.pause(new Error("the store refused what was written back; it is looked at again"));
    }
  }

  async #takeSpace(): Promise<Found> {
    const { store, space, owner, ownerLeaseMs, recent, timing } = this.#setup;
    const lease = { space, owner, at: timing.now(), leaseMs: ownerLeaseMs };
    const ownership = await store.acquire({ ...lease, epochAbove: recent.epoch });
    if (ownership === null) throw new Deposed(space);
    recent.goOnIn(ownership.epoch);
    const { epochs } = await store.history(space);
    if (epochs.some((start) => recent.isForeign(start))) throw new Deposed(space);
    const { sequence } = ownership;
    const isOfBefore = ({ epoch }: EpochStart): boolean => epoch <= this.#epochBefore;
    const isSeal = ({ epoch }: EpochStart): boolean => epoch === this.#seal?.epoch;
    const isWhole = sequence === this.#seal?.sequence && epochs.some(isSeal);
    return { epoch: epochs.findLast(isOfBefore)?.epoch ?? 0, sequence, isWhole };
  }

  /** `null`: the store refused something, so it has to be looked at again. */
  async #write(found: Found): Promise<WrittenBack | null> {
    if (found.isWhole && this.#seal !== null) return this.#restored(this.#seal);
    return this.#setup.recent.reachBackTo(found) ? await this.#repeat(found) : await this.#restore(found);
  }

  async #repeat({ sequence: stored }: Found): Promise<WrittenBack | null> {
    const { store, space, owner, recent } = this.#setup;
    for (const commit of recent.after(stored)) {
      const { sequence, at, changes, counters } = commit;
      const outcome = await store.commit({
        space,
        owner,
        epoch: recent.epoch,
        sequence,
        at,
        changes,
        counters,
      });
      if (outcome.type !== "committed") return null;
      commit.isDurable = true;
    }
    return { type: "repeated" };
  }

  async #restore(found: Found): Promise<WrittenBack | null> {
    const { store, space, owner, recent, engine, payloads, timing } = this.#setup;
    const { epoch } = recent;
    const at = timing.now();
    const restoration = new Restoration({ store, space, engine, payloads, commits: recent.all(), at });
    let part = 0;
    for await (const changes of restoration.parts()) {
      part += 1;
      const outcome = await store.stage({ space, owner, epoch, part, changes });
      if (outcome.type !== "staged") return null;
    }
    const sequence = found.sequence + 1;
    const seal = { epoch, sequence, restoration };
    this.#seal = seal;
    const { counters } = restoration;
    const outcome = await store.commit({
      space,
      owner,
      epoch,
      sequence,
      at,
      changes: [],
      counters,
      parts: part,
    });
    return outcome.type === "committed" ? this.#restored(seal) : null;
  }

  #restored({ epoch, sequence, restoration }: Seal): WrittenBack {
    this.#setup.recent.startOver({ epoch, sequence });
    const [revived] = restoration.revived;
    if (revived !== undefined) {
      // It was enqueued again while the store, which had gone backwards unnoticed, knew nothing of it any more.
      throw new Error(
        `task ${revived} has ended, and lives in memory; the next term starts from what is stored`,
      );
    }
    return { type: "restored", ...restoration.summary };
  }
}

/** What contradicts the store here is no fault of the batch that met it. */
function rethrowAsDefect(cause: unknown): never {
  if (!(cause instanceof StoreError)) throw cause;
  throw new Error("the live state could not be written back", { cause });
}
