import { randomUUID } from "node:crypto";
import type {
  Commit,
  CommitOutcome,
  Ownership,
  StagedPart,
  StageOutcome,
  Store,
  StoreChange,
  StoreError,
} from "@berth/store";
import { test as baseTest, expect, type TestAPI } from "vitest";
import { startedAt } from "./records.ts";

export type ContractTest = TestAPI<{ scene: Scene }>;

/** Vitest's `test` with a space of its own for each test. */
export function contractTest(store: () => Store): ContractTest {
  return baseTest.extend<{ scene: Scene }>({
    // Vitest reads from the pattern what a fixture needs: `task` stands for nothing, which the linter refuses.
    scene: async ({ task: _task }, use) => {
      await use(new Scene(store()));
    },
  });
}

/** One test's space, in a store that other tests use too. */
export class Scene {
  readonly store: Store;
  readonly space: string = newSpace();

  constructor(store: Store) {
    this.store = store;
  }

  /** The owner of the space, or of another one. */
  async writer(space: string = this.space): Promise<Writer> {
    const owner = randomUUID();
    const ownership = await this.store.acquire({ space, owner, at: startedAt, leaseMs: 60_000 });
    if (ownership === null) throw new Error(`space ${space} is owned already`);
    return new Writer(this.store, space, owner, ownership);
  }
}

/** A name that no other test uses. */
export function newSpace(): string {
  return `contract-${randomUUID()}`;
}

/** Writes to a space as its owner does. */
export class Writer {
  readonly store: Store;
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  sequence: number;

  constructor(store: Store, space: string, owner: string, ownership: Ownership) {
    this.store = store;
    this.space = space;
    this.owner = owner;
    this.epoch = ownership.epoch;
    this.sequence = ownership.sequence;
  }

  /** Commits what must be taken. */
  async commit(...changes: readonly StoreChange[]): Promise<void> {
    const outcome = await this.try({ changes });
    expect(outcome).toEqual({ type: "committed" });
  }

  /** Commits what may be refused; it is counted if it was taken. */
  async try(parts: Partial<Commit>): Promise<CommitOutcome> {
    const commit = this.next(parts);
    const outcome = await this.store.commit(commit);
    if (outcome.type === "committed") this.sequence = commit.sequence;
    return outcome;
  }

  /** Lays aside what must be taken. */
  async stage(part: number, ...changes: readonly StoreChange[]): Promise<void> {
    expect(await this.tryStage({ part, changes })).toEqual({ type: "staged" });
  }

  tryStage(parts: Partial<StagedPart>): Promise<StageOutcome> {
    const { space, owner, epoch } = this;
    return this.store.stage({ space, owner, epoch, part: 1, changes: [], ...parts });
  }

  /** The next commit of this owner. */
  next(parts: Partial<Commit>): Commit {
    return {
      space: this.space,
      owner: this.owner,
      epoch: this.epoch,
      sequence: this.sequence + 1,
      at: startedAt,
      changes: [],
      counters: { order: 0, token: 0 },
      ...parts,
    };
  }
}

/** Expects a rejection with this code, and returns its message. */
export async function rejection(result: Promise<unknown>, code: StoreError["code"]): Promise<string> {
  const error: unknown = await result.then(
    () => new Error(`expected a rejection with ${code}`),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "StoreError", code });
  return (error as StoreError).message;
}
