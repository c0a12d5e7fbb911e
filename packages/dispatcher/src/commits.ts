import { assertNever, type Counters } from "@berth/engine";
import type { Commit, CommitOutcome, Store } from "@berth/store";
import type { Batch } from "./batch.ts";
import { Deposed } from "./deposed.ts";
import type { Patience } from "./patience.ts";
import type { CommitContent, RecentCommit, RecentCommits } from "./recent-commits.ts";
import type { Timing } from "./timing.ts";
import type { WriteBack } from "./write-back.ts";

export interface CommitsSetup {
  readonly space: string;
  readonly owner: string;
  readonly store: Store;
  readonly recent: RecentCommits;
  readonly patience: Patience;
  readonly writeBack: WriteBack;
  readonly timing: Timing;
}

type FirstTry = CommitOutcome | { readonly type: "failed"; readonly failure: unknown };

/**
 * The commits of a term on their way into the store: numbered, in order, one sent behind the other without waiting. One
 * that fails is sent again until the store says what became of it. A store that went backwards is first made whole.
 */
export class Commits {
  readonly #setup: CommitsSetup;
  #counters: Counters;
  /** Settles when the newest commit, and so all before it, is durable; rejects when one of them cannot be. */
  #newest: Promise<void> = Promise.resolve();
  #underWay = 0;
  #healing: Promise<void> | null = null;
  #isAbandoned = false;

  constructor(setup: CommitsSetup, counters: Counters) {
    this.#setup = setup;
    this.#counters = counters;
  }

  /**
   * Resolves when the store has been made whole; `null` where that is not under way. Nothing may be decided meanwhile,
   * because what is written back is the state of the engine.
   */
  get healing(): Promise<void> | null {
    return this.#healing;
  }

  /** The state of the engine is not to be relied on any more. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /**
   * Resolves when the batch, which comes of so many messages, and all before it are durable. To be called in the turn in
   * which the batch was decided.
   */
  commit(batch: Batch, messages: number, at: number): Promise<void> {
    const changes = batch.changes();
    // What answers or acknowledges is committed even where nothing changes: whoever was deposed unawares must not do it.
    if (changes.length === 0 && messages === 0 && batch.effects.length === 0) return this.#newest;
    const { counters, carriedOut, ended } = batch;
    return this.#begin({ at, changes, counters, carriedOut, ended });
  }

  /** Commits nothing, to see whether the store still has what it should. Resolves when it has. */
  async probe(): Promise<void> {
    while (this.#healing !== null) await this.#healing;
    await this.#begin({
      at: this.#setup.timing.now(),
      changes: [],
      counters: this.#counters,
      carriedOut: [],
      ended: [],
    });
  }

  #begin(content: CommitContent): Promise<void> {
    if (this.#healing !== null) throw new Error("a batch was decided while the store was being made whole");
    this.#counters = content.counters;
    const commit = this.#setup.recent.add(content);
    const isBehindAnother = this.#underWay > 0;
    this.#underWay += 1;
    const first = this.#send(commit).catch((failure: unknown): FirstTry => ({ type: "failed", failure }));
    this.#newest = this.#finish(commit, first, this.#newest, isBehindAnother).finally(() => {
      this.#underWay -= 1;
    });
    return this.#newest;
  }

  async #finish(
    commit: RecentCommit,
    first: Promise<FirstTry>,
    before: Promise<void>,
    isBehindAnother: boolean,
  ): Promise<void> {
    const firstTry = await first;
    await before.catch((cause: unknown) => {
      if (cause instanceof Deposed) throw cause;
      throw new Error(`a commit before commit ${commit.sequence} failed`, { cause });
    });
    if (firstTry.type === "failed") await this.#setup.patience.pauseAfter(firstTry.failure);
    // A refusal may only say that the one before was not there when this one came.
    else if (firstTry.type === "committed" || !isBehindAnother) await this.#take(commit, firstTry);
    while (!commit.isDurable) {
      await this.#take(commit, await this.#setup.patience.ask(() => this.#send(commit)));
    }
  }

  async #send({ sequence, at, changes, counters }: RecentCommit): Promise<CommitOutcome> {
    const { store, space, owner, recent } = this.#setup;
    const commit: Commit = { space, owner, epoch: recent.epoch, sequence, at, changes, counters };
    return await store.commit(commit);
  }

  /** Unless it is durable now, it has to be sent again. */
  async #take(commit: RecentCommit, outcome: CommitOutcome): Promise<void> {
    switch (outcome.type) {
      case "committed":
        commit.isDurable = true;
        return;
      case "out-of-sequence":
        // A try of which nothing was heard had been written after all. Nobody else writes in this epoch.
        if (outcome.stored >= commit.sequence) commit.isDurable = true;
        else if (outcome.stored < commit.sequence - 1) await this.#heal();
        return;
      case "deposed":
        if (outcome.epoch > this.#setup.recent.epoch) throw new Deposed(this.#setup.space);
        await this.#heal();
        return;
      case "parts-missing":
        throw new Error("the store misses parts of a commit that has none");
      default:
        assertNever(outcome);
    }
  }

  async #heal(): Promise<void> {
    if (this.#isAbandoned) throw new Error("the store went backwards, and the term has been broken off");
    const healed = Promise.withResolvers<void>();
    this.#healing = healed.promise;
    try {
      await this.#setup.writeBack.run();
    } finally {
      this.#healing = null;
      healed.resolve();
    }
  }
}
