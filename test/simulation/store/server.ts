import type { Commit, CommitOutcome, OwnerLease, Ownership } from "@berth/store";
import { SpaceRecords } from "./space.ts";

/** What changes who owns a space, or what is in it: done again in order, it leads to the same state. */
type Write =
  | { readonly type: "acquire"; readonly lease: OwnerLease }
  | { readonly type: "renew"; readonly lease: OwnerLease & { readonly epoch: number } }
  | { readonly type: "release"; readonly space: string; readonly owner: string; readonly epoch: number }
  | { readonly type: "commit"; readonly commit: Commit };

interface Space {
  owner: string | null;
  leaseUntil: number;
  epoch: number;
  sequence: number;
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

  acquire(lease: OwnerLease): Ownership | null {
    const space = this.#findOrCreate(lease.space);
    if (space.owner !== null && space.owner !== lease.owner && space.leaseUntil > lease.at) return null;
    this.#written.push({ type: "acquire", lease });
    space.owner = lease.owner;
    space.leaseUntil = lease.at + lease.leaseMs;
    space.epoch = Math.max(space.epoch + 1, lease.at);
    return { epoch: space.epoch, sequence: space.sequence };
  }

  renew(lease: OwnerLease & { readonly epoch: number }): boolean {
    const space = this.#spaces.get(lease.space);
    if (space === undefined || space.owner !== lease.owner || space.epoch !== lease.epoch) return false;
    this.#written.push({ type: "renew", lease });
    space.leaseUntil = Math.max(space.leaseUntil, lease.at + lease.leaseMs);
    return true;
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
    space.records.write(commit.changes, commit.counters);
    space.sequence = commit.sequence;
    this.#written.push({ type: "commit", commit });
    return { type: "committed" };
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
    }
  }

  #findOrCreate(name: string): Space {
    let space = this.#spaces.get(name);
    if (space === undefined) {
      space = { owner: null, leaseUntil: 0, epoch: 0, sequence: 0, records: new SpaceRecords() };
      this.#spaces.set(name, space);
    }
    return space;
  }
}
