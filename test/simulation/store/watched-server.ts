import type { Commit, CommitOutcome, StagedPart, StageOutcome, StoreChange } from "@berth/store";
import type { History } from "../history.ts";
import { StoreServer } from "./server.ts";

/** A store at which all is noted that it takes, and all that it loses. */
export class WatchedStoreServer extends StoreServer {
  readonly #history: History;
  #staged: StoreChange[] = [];
  #isRollingBack = false;

  constructor(history: History) {
    super();
    this.#history = history;
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
    this.#history.storeLosses.push({ at: this.#history.now, durables: this.#history.durables.length });
  }
}
