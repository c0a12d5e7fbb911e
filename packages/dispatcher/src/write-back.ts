import type { Engine, OopsRecord } from "@berth/engine";
import {
  type Commit,
  type CommitOutcome,
  type EpochStart,
  type Store,
  type StoreChange,
  StoreError,
} from "@berth/store";
import type { Logger } from "pino";
import { Deposed } from "./deposed.ts";
import type { Patience } from "./patience.ts";
import type { Payloads } from "./payloads.ts";
import type { RecentCommits } from "./recent-commits.ts";
import { Restoration } from "./restoration.ts";
import type { Timing } from "./timing.ts";
import { oopsOfWriteBack, type Setback, type WrittenBack } from "./written-back.ts";

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
 * state is written, in parts that nobody can load until the last one is there. The OOPS that tells of it comes with it.
 */
export class WriteBack {
  readonly #setup: WriteBackSetup;
  #epochBefore = 0;
  #seal: Seal | null = null;
  #setback: Setback;
  #oops: OopsRecord | null = null;
  #oopsId = "";

  constructor(setup: WriteBackSetup) {
    this.#setup = setup;
    this.#setback = { space: setup.space, durable: 0, stored: 0 };
  }

  /** Resolves when the store has everything. Rejects with `Deposed` where somebody else has had the space since. */
  async run(): Promise<void> {
    const { space, recent, patience, newId } = this.#setup;
    this.#epochBefore = recent.epoch;
    this.#seal = null;
    this.#setback = { space, durable: recent.durable, stored: Number.POSITIVE_INFINITY };
    this.#oops = null;
    this.#oopsId = `oops-${newId()}`;
    for (;;) {
      const found = await patience.ask(() => this.#takeSpace());
      const stored = Math.min(this.#setback.stored, found.sequence);
      this.#setback = { ...this.#setback, stored };
      if (await this.#tryToWrite(found)) break;
    }
    this.#log();
    this.#refuseRevival();
  }

  /** `false`: it may be written in part or in whole, or the store changed meanwhile. It has to be looked at again. */
  async #tryToWrite(found: Found): Promise<boolean> {
    const { patience } = this.#setup;
    try {
      if (await this.#write(found)) return true;
    } catch (error) {
      await patience.pauseAfter(error).catch(rethrowAsDefect);
      return false;
    }
    await patience.pause(new Error("the store refused what was written back"));
    return false;
  }

  #log(): void {
    const { recent, logger } = this.#setup;
    const { epoch } = recent;
    if (this.#oops === null)
      logger.info({ epoch }, "the store has lost nothing, and the space was taken anew");
    else logger.warn({ oops: this.#oops, epoch }, `OOPS ${this.#oops.type}: ${this.#oops.value}`);
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

  /** `false`: the store refused something. */
  async #write(found: Found): Promise<boolean> {
    if (found.isWhole && this.#seal !== null) return this.#startOver(this.#seal);
    return this.#setup.recent.reachBackTo(found) ? await this.#repeat(found) : await this.#restore(found);
  }

  async #repeat({ sequence: stored }: Found): Promise<boolean> {
    const { recent } = this.#setup;
    for (const commit of recent.after(stored)) {
      const { sequence, at, changes, counters } = commit;
      // The last one that was lost: those after it have never been there.
      const tells = sequence === this.#setback.durable;
      const all = tells ? [...changes, this.#tell({ type: "repeated" })] : changes;
      const outcome = await this.#commit({ sequence, at, changes: all, counters });
      if (outcome.type !== "committed") return false;
      commit.isDurable = true;
    }
    return true;
  }

  async #restore(found: Found): Promise<boolean> {
    const { store, space, owner, recent, engine, payloads, timing } = this.#setup;
    const { epoch } = recent;
    const at = timing.now();
    const restoration = new Restoration({ store, space, engine, payloads, commits: recent.all(), at });
    let parts = 0;
    for await (const changes of restoration.parts()) {
      parts += 1;
      const outcome = await store.stage({ space, owner, epoch, part: parts, changes });
      if (outcome.type !== "staged") return false;
    }
    const sequence = found.sequence + 1;
    const seal = { epoch, sequence, restoration };
    this.#seal = seal;
    const changes = [this.#tell({ type: "restored", ...restoration.summary })];
    const { counters } = restoration;
    const epochsBefore = recent.history;
    const outcome = await this.#commit({ sequence, at, changes, counters, parts, epochsBefore });
    return outcome.type === "committed" && this.#startOver(seal);
  }

  #startOver({ epoch, sequence }: Seal): true {
    this.#setup.recent.startOver({ epoch, sequence });
    return true;
  }

  #commit(commit: Omit<Commit, "space" | "owner" | "epoch">): Promise<CommitOutcome> {
    const { store, space, owner, recent } = this.#setup;
    return store.commit({ ...commit, space, owner, epoch: recent.epoch });
  }

  #tell(written: WrittenBack): StoreChange {
    this.#oops = oopsOfWriteBack(this.#oopsId, this.#setback, written, this.#setup.timing.now());
    return { type: "oops", oops: this.#oops };
  }

  /** A task was enqueued again while the store, which had gone backwards unnoticed, knew nothing of its end any more. */
  #refuseRevival(): void {
    const [task] = this.#seal?.restoration.revived ?? [];
    if (task === undefined) return;
    throw new Error(`task ${task} has ended, and lives in memory; the next term starts from what is stored`);
  }
}

/** What contradicts the store here is no fault of the batch that met it. */
function rethrowAsDefect(cause: unknown): never {
  if (!(cause instanceof StoreError)) throw cause;
  throw new Error("the live state could not be written back", { cause });
}
