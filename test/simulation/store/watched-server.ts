import type { Commit, CommitOutcome, Ownership, StagedPart, StageOutcome, StoreChange } from "@berth/store";
import type { History } from "../history.ts";
import { type NewLease, StoreServer } from "./server.ts";

/** A store at which all is noted that it takes, and all that it loses. */
export class WatchedStoreServer extends StoreServer {
  readonly #history: History;
  readonly #space: string;
  #staged: StoreChange[] = [];
  #isRollingBack = false;

  constructor(history: History, space: string) {
    super();
    this.#history = history;
    this.#space = space;
  }

  override acquire(lease: NewLease): Ownership | null {
    const ownership = super.acquire(lease);
    if (ownership !== null && !this.#isRollingBack)
      this.#history.acquired.push({ at: this.#history.now, owner: lease.owner });
    return ownership;
  }

  override commit(commit: Commit): CommitOutcome {
    const outcome = super.commit(commit);
    const { owner, epoch, sequence, counters, parts = 0 } = commit;
    this.#history.note("commit", () => `${owner} ${epoch}/${sequence}: ${JSON.stringify(outcome)}`);
    if (outcome.type !== "committed" || this.#isRollingBack) return outcome;
    const changes = parts > 0 ? [...this.#staged, ...commit.changes] : commit.changes;
    const { now: at, durables } = this.#history;
    const isWhole = parts > 0;
    durables.push({ at, owner, epoch, sequence, decidedAt: commit.at, changes, counters, isWhole });
    return outcome;
  }

  override stage(part: StagedPart): StageOutcome {
    const outcome = super.stage(part);
    if (outcome.type === "staged") {
      if (part.part === 1) this.#staged = [];
      this.#staged.push(...part.changes);
    }
    return outcome;
  }

  override rollBack(writes: number): void {
    this.#isRollingBack = true;
    super.rollBack(writes);
    this.#isRollingBack = false;
    const { now: at, durables, storeLosses } = this.#history;
    const records = this.records(this.#space);
    storeLosses.push({
      at,
      durables: durables.length,
      left: records.asChanges(),
      counters: records.counters,
    });
  }
}
