import type { Counters, EndedTask } from "@berth/engine";
import type { InboxItem } from "@berth/protocol";
import type { EpochStart, StoreChange } from "@berth/store";
import { epochsKept } from "@berth/store";

/** What is committed. */
export interface CommitContent {
  readonly at: number;
  readonly changes: readonly StoreChange[];
  readonly counters: Counters;
  /** The commands it came of. */
  readonly carriedOut: readonly InboxItem[];
  /** Tasks of before that ended in it, whole. */
  readonly ended: readonly EndedTask[];
}

export interface RecentCommit extends CommitContent {
  /** 0: it is of before the term, or before the whole state was written anew under a number that stands for it too. */
  sequence: number;
  /** The store has said that it has it, or it has been written back. */
  isDurable: boolean;
}

/** Where the numbers of commits begin that a term knows. */
interface Start {
  readonly epoch: number;
  readonly sequence: number;
}

/**
 * The last commits of a term, as many as fit into a limit: what a store may lose that goes backwards. A store that has
 * lost no more than these is made whole by committing them again.
 */
export class RecentCommits {
  /** How the space came to the term: the last epochs before it, and its own. */
  readonly history: readonly EpochStart[];
  readonly #owner: string;
  readonly #bytesMax: number;
  /** The first epoch of the term. Each write-back begins another one. */
  readonly #firstEpoch: number;
  /** The last ones before the term, oldest first. */
  readonly #epochsBefore: readonly EpochStart[];
  #epoch: number;
  /** Oldest first, each with its size. */
  readonly #commits = new Map<RecentCommit, number>();
  #bytes = 0;
  /** All commits after this one are here. Numbers of epochs before it mean something else. */
  #from: Start;
  #last: number;

  /** `epochsBefore`: the last ones before the term, as the space told them. */
  constructor(owner: string, start: Start, epochsBefore: readonly EpochStart[], bytesMax: number) {
    this.#owner = owner;
    this.#bytesMax = bytesMax;
    this.#firstEpoch = start.epoch;
    this.#epochsBefore = epochsBefore;
    this.history = [...epochsBefore, { ...start, owner }];
    this.#epoch = start.epoch;
    this.#from = start;
    this.#last = start.sequence;
  }

  /** In which the term commits at this time. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The number of the newest one. */
  get last(): number {
    return this.#last;
  }

  /** The number of the newest one that is durable with all those before it. */
  get durable(): number {
    let durable = this.#last;
    for (const { isDurable, sequence } of this.#commits.keys()) {
      if (!isDurable) durable = Math.min(durable, sequence - 1);
    }
    return durable;
  }

  add(content: CommitContent): RecentCommit {
    this.#last += 1;
    const { at, changes, counters, carriedOut, ended } = content;
    const sequence = this.#last;
    const commit: RecentCommit = { at, changes, counters, carriedOut, ended, sequence, isDurable: false };
    this.#keep(commit, sizeOf(content));
    return commit;
  }

  /** What others had committed before. */
  addPast(changes: readonly StoreChange[], counters: Counters, at: number): void {
    const content = { at, changes, counters, carriedOut: [], ended: [] };
    this.#keep({ ...content, sequence: 0, isDurable: true }, sizeOf(content));
  }

  #keep(commit: RecentCommit, bytes: number): void {
    this.#commits.set(commit, bytes);
    this.#bytes += bytes;
    this.#makeRoom();
  }

  /** One that is not durable yet has to stay: it may have to be sent again. */
  #makeRoom(): void {
    for (const [commit, bytes] of this.#commits) {
      if (this.#bytes <= this.#bytesMax || !commit.isDurable) return;
      this.#commits.delete(commit);
      this.#bytes -= bytes;
      this.#from = { ...this.#from, sequence: Math.max(this.#from.sequence, commit.sequence) };
    }
  }

  /** All that are here, oldest first. */
  all(): RecentCommit[] {
    return [...this.#commits.keys()];
  }

  /** Those after a commit, oldest first. */
  after(sequence: number): RecentCommit[] {
    return this.all().filter((commit) => commit.sequence > sequence);
  }

  /** The term goes on in this epoch. */
  goOnIn(epoch: number): void {
    this.#epoch = epoch;
  }

  /** Whether a store that went back to there has lost nothing but what is here. */
  reachBackTo({ epoch, sequence }: Start): boolean {
    return epoch >= this.#from.epoch && sequence >= this.#from.sequence && sequence <= this.#last;
  }

  /** Whether it is one in which somebody else has had the space since the term began. */
  isForeign({ epoch, owner }: EpochStart): boolean {
    return owner !== this.#owner && !this.#isOfBefore(epoch);
  }

  /** What lies before the first one that is known was before the term too. */
  #isOfBefore(epoch: number): boolean {
    const [oldest] = this.#epochsBefore;
    if (this.#epochsBefore.some((start) => start.epoch === epoch)) return true;
    return this.#epochsBefore.length >= epochsKept - 1 && oldest !== undefined && epoch < oldest.epoch;
  }

  /** The whole live state was committed under this number. What is here stays: the store may lose it once more. */
  startOver(start: Start): void {
    for (const commit of this.#commits.keys()) {
      commit.isDurable = true;
      commit.sequence = 0;
    }
    this.#from = start;
    this.#last = start.sequence;
  }

  /**
   * What was durable and is not in the space as its next owner found it; `null` where nobody has had it since. `epochs`:
   * the last ones of the space. Where so many have come since that it cannot be told, nothing is lost: a command must
   * not be repeated on suspicion.
   */
  lostTo(epochs: readonly EpochStart[]): RecentCommit[] | null {
    const durable = this.all().filter(({ isDurable }) => isDurable);
    const first = epochs.findIndex((start) => this.#isOwn(start));
    if (epochs.every(({ epoch }) => this.#isOfBefore(epoch))) return null;
    if (first === -1) return this.#isForgotten(epochs) ? [] : durable;
    const next = epochs.findIndex((start, index) => index > first && !this.#isOwn(start));
    const [mine, theirs] = [epochs[next - 1], epochs[next]];
    if (mine === undefined || theirs === undefined) return null;
    if (mine.epoch < this.#from.epoch) return durable;
    return durable.filter(({ sequence }) => sequence > theirs.sequence);
  }

  #isOwn({ epoch, owner }: EpochStart): boolean {
    return owner === this.#owner && epoch >= this.#firstEpoch && epoch <= this.#epoch;
  }

  /** So many owners came since that the space does not remember this one any more. */
  #isForgotten(epochs: readonly EpochStart[]): boolean {
    return epochs.length === epochsKept && epochs.every(({ epoch }) => epoch > this.#epoch);
  }
}

/** What each takes in memory, roughly, besides its long texts. */
const commitBytes = 500;
const changeBytes = 500;
const itemBytes = 500;

/** In bytes, roughly. */
function sizeOf({ changes, carriedOut, ended }: CommitContent): number {
  let bytes = commitBytes + changes.length * changeBytes;
  for (const { legs } of ended) bytes += (1 + legs.length) * changeBytes;
  for (const change of changes) {
    // A payload is here as text, and in the item that brought it.
    if (change.type === "payload") bytes += 2 * change.payload.length;
    else if (change.type === "log") bytes += 2 * change.line.text.length;
  }
  return bytes + carriedOut.length * itemBytes;
}
