import type { LiveRecords } from "@berth/engine";
import type { EpochStart, Ownership, SpaceHistory, Store } from "@berth/store";

/** An owner that is well renews its lease when two thirds of it are left. */
const lateFrom = 0.6;

/** Where a space stood before its live state was read. */
interface Foreseen {
  readonly epoch: number;
  readonly sequence: number;
  /** `null`: it could not be read. */
  readonly records: Promise<LiveRecords | null>;
}

/**
 * Reading a space takes seconds where much is waiting in it. So whoever waits for a space begins with it when its owner is
 * late with the renewal of the lease, and needs not do it when the lease has ended. What was read is used only where
 * nobody has committed anything since.
 */
export class Foresight {
  readonly #store: Store;
  readonly #space: string;
  readonly #leaseMs: number;
  #foreseen: Foreseen | null = null;
  /** The end of the lease for which it has been read last: once for each is enough. */
  #readFor = 0;

  constructor(store: Store, space: string, leaseMs: number) {
    this.#store = store;
    this.#space = space;
    this.#leaseMs = leaseMs;
  }

  /** To be called with each look at a space that somebody else owns. */
  look({ sequence, leaseUntil, epochs }: SpaceHistory, now: number): void {
    const epoch = epochs.at(-1)?.epoch ?? 0;
    const isLate = leaseUntil - now < lateFrom * this.#leaseMs;
    const { sequence: seen = sequence } = this.#foreseen ?? {};
    if (!isLate || seen !== sequence) this.forget();
    if (!isLate || leaseUntil === this.#readFor) return;
    this.#readFor = leaseUntil;
    const records = this.#store.load(this.#space).catch(() => null);
    this.#foreseen = { epoch, sequence, records };
  }

  forget(): void {
    this.#foreseen = null;
  }

  /** Resolves with the live state with which a new owner begins; `null`: it has to read it. `epochs`: those before its own. */
  async take(ownership: Ownership, epochs: readonly EpochStart[]): Promise<LiveRecords | null> {
    const foreseen = this.#foreseen;
    this.forget();
    if (foreseen === null || foreseen.sequence !== ownership.sequence) return null;
    // A store that went backwards may have come to the same number again, but only with another owner or another epoch.
    if (foreseen.epoch !== epochs.at(-1)?.epoch) return null;
    return await foreseen.records;
  }
}
