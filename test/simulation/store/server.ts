import {
  type Commit,
  type CommitOutcome,
  type EpochStart,
  epochsKept,
  type OwnerLease,
  type Ownership,
  type SpaceHistory,
  type StagedPart,
  type StageOutcome,
  type StoreChange,
} from "@berth/store";
import { SpaceRecords } from "./space.ts";

/** What changes who owns a space, or what is in it: done again in order, it leads to the same state. */
type Write =
  | { readonly type: "acquire"; readonly lease: NewLease }
  | { readonly type: "renew"; readonly lease: OwnerLease & { readonly epoch: number } }
  | { readonly type: "release"; readonly space: string; readonly owner: string; readonly epoch: number }
  | { readonly type: "commit"; readonly commit: Commit }
  | { readonly type: "stage"; readonly part: StagedPart };

export type NewLease = OwnerLease & { readonly epochAbove?: number };

interface Space {
  owner: string | null;
  leaseUntil: number;
  epoch: number;
  sequence: number;
  epochs: EpochStart[];
  staged: (readonly StoreChange[])[];
  records: SpaceRecords;
}

/** The memory of a store, without any way to it: see the client. It can lose what it was told last, or everything. */
export class StoreServer {
  #spaces = new Map<string, Space>();
  #written: Write[] = [];

  records(space: string): SpaceRecords {
    return this.#spaces.get(space)?.records ?? new SpaceRecords();
  }

  /** How many writes a rollback can take back. */
  get writes(): number {
    return this.#written.length;
  }

  names(): string[] {
    return [...this.#spaces].filter(([, { sequence }]) => sequence > 0).map(([name]) => name);
  }

  acquire(lease: NewLease): Ownership | null {
    const space = this.#findOrCreate(lease.space);
    if (space.owner !== null && space.owner !== lease.owner && space.leaseUntil > lease.at) return null;
    this.#written.push({ type: "acquire", lease });
    space.owner = lease.owner;
    space.leaseUntil = lease.at + lease.leaseMs;
    space.epoch = Math.max(space.epoch + 1, lease.at, (lease.epochAbove ?? 0) + 1);
    const { owner } = lease;
    const { epoch, sequence } = space;
    space.epochs = [...space.epochs, { epoch, owner, sequence }].slice(-epochsKept);
    space.staged = [];
    return { epoch, sequence };
  }

  history(space: string): SpaceHistory {
    const known = this.#spaces.get(space);
    if (known === undefined) return { sequence: 0, leaseUntil: 0, epochs: [] };
    const { owner, sequence, leaseUntil, epochs } = known;
    return { sequence, leaseUntil: owner === null ? 0 : leaseUntil, epochs };
  }

  renew(lease: OwnerLease & { readonly epoch: number }): number | null {
    const space = this.#spaces.get(lease.space);
    if (space === undefined || space.owner !== lease.owner || space.epoch !== lease.epoch) return null;
    this.#written.push({ type: "renew", lease });
    space.leaseUntil = Math.max(space.leaseUntil, lease.at + lease.leaseMs);
    return space.sequence;
  }

  release(request: { readonly space: string; readonly owner: string; readonly epoch: number }): void {
    const space = this.#spaces.get(request.space);
    if (space === undefined || space.owner !== request.owner || space.epoch !== request.epoch) return;
    const { space: name, owner, epoch } = request;
    this.#written.push({ type: "release", space: name, owner, epoch });
    space.owner = null;
  }

  /** Throws `commit_invalid`. */
  commit(commit: Commit): CommitOutcome {
    const space = this.#spaces.get(commit.space);
    if (space === undefined) return { type: "deposed", epoch: 0 };
    if (space.owner !== commit.owner || space.epoch !== commit.epoch)
      return { type: "deposed", epoch: space.epoch };
    if (space.sequence !== commit.sequence - 1) return { type: "out-of-sequence", stored: space.sequence };
    const { changes, counters, parts = 0 } = commit;
    if (parts === 0) {
      space.records.write(changes, counters);
    } else {
      if (parts !== space.staged.length) return { type: "parts-missing", staged: space.staged.length };
      space.records.writeWhole([...space.staged.flat(), ...changes], counters);
      space.epochs = [...(commit.epochsBefore ?? []), ...space.epochs.slice(-1)].slice(-epochsKept);
      space.staged = [];
    }
    space.sequence = commit.sequence;
    this.#written.push({ type: "commit", commit });
    return { type: "committed" };
  }

  stage(part: StagedPart): StageOutcome {
    const space = this.#spaces.get(part.space);
    if (space === undefined) return { type: "deposed", epoch: 0 };
    if (space.owner !== part.owner || space.epoch !== part.epoch)
      return { type: "deposed", epoch: space.epoch };
    const staged = part.part === 1 ? [] : space.staged;
    if (staged.length !== part.part - 1) return { type: "out-of-sequence", stored: staged.length };
    space.staged = [...staged, part.changes];
    this.#written.push({ type: "stage", part });
    return { type: "staged" };
  }

  /** Forgets the last so many writes, as a restart without persistence or a failover to a lagging replica does. */
  rollBack(writes: number): void {
    const kept = this.#written.slice(0, Math.max(0, this.#written.length - writes));
    this.#spaces = new Map();
    this.#written = [];
    for (const write of kept) this.#redo(write);
  }

  loseEverything(): void {
    this.rollBack(this.#written.length);
  }

  #redo(write: Write): void {
    switch (write.type) {
      case "acquire":
        this.acquire(write.lease);
        return;
      case "renew":
        this.renew(write.lease);
        return;
      case "release":
        this.release(write);
        return;
      case "commit":
        this.commit(write.commit);
        return;
      case "stage":
        this.stage(write.part);
        return;
    }
  }

  #findOrCreate(name: string): Space {
    let space = this.#spaces.get(name);
    if (space === undefined) {
      space = {
        ...{ owner: null, leaseUntil: 0, epoch: 0, sequence: 0, epochs: [], staged: [] },
        records: new SpaceRecords(),
      };
      this.#spaces.set(name, space);
    }
    return space;
  }
}
