import type { StatementSync } from "node:sqlite";
import {
  type EpochStart,
  epochsKept,
  type OwnerLease,
  type Ownership,
  type SpaceHistory,
  StoreError,
} from "../../port.ts";
import type { PackedCommit } from "../requests.ts";
import type { Database, Query } from "./database.ts";
import { rangeOfSpace, spacesMax } from "./numbering.ts";

export interface Space {
  readonly number: number;
  readonly owner: string | null;
  readonly leaseUntil: number | null;
  readonly epoch: number;
  readonly sequence: number;
  readonly orders: number;
  readonly tokens: number;
  /** The number of the task that was added last. */
  readonly lastTask: number;
  /** The position of the line of output that was written last. */
  readonly lastLine: number;
}

type SpaceRow = [
  number: number,
  owner: string | null,
  leaseUntil: number | null,
  epoch: number,
  sequence: number,
  orders: number,
  tokens: number,
  lastTask: number,
  lastLine: number,
];

type EpochRow = [epoch: number, owner: string, sequence: number];

/** The spaces: who owns them, and how far they have come. */
export class Spaces {
  readonly #database: Database;
  readonly #find: Query<SpaceRow>;
  readonly #epochs: Query<[string]>;
  readonly #own: StatementSync;
  readonly #noteEpochs: StatementSync;
  readonly #advance: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#find = database.query(
      `SELECT number, owner, leaseUntil, epoch, sequence, orders, tokens, lastTask, lastLine
       FROM space WHERE name = ?`,
    );
    this.#epochs = database.query("SELECT epochs FROM space WHERE name = ?");
    this.#noteEpochs = database.statement("UPDATE space SET epochs = ? WHERE name = ?");
    this.#own = database.statement("UPDATE space SET owner = ?, leaseUntil = ?, epoch = ? WHERE number = ?");
    this.#advance = database.statement(
      "UPDATE space SET sequence = ?, orders = ?, tokens = ?, lastTask = ?, lastLine = ? WHERE number = ?",
    );
  }

  /** Nobody else can have the file, so whoever owned a space is gone. */
  releaseAll(): void {
    this.#database.statement("UPDATE space SET owner = NULL, leaseUntil = NULL").run();
  }

  find(name: string): Space | null {
    const row = this.#find.get(name);
    if (row === undefined) return null;
    const [number, owner, leaseUntil, epoch, sequence, orders, tokens, lastTask, lastLine] = row;
    return { number, owner, leaseUntil, epoch, sequence, orders, tokens, lastTask, lastLine };
  }

  #findOrCreate(name: string): Space {
    const known = this.find(name);
    if (known !== null) return known;
    const [last] = this.#database.query<[number | null]>("SELECT max(number) FROM space").get() ?? [];
    const number = (last ?? 0) + 1;
    if (number > spacesMax) {
      throw new StoreError(
        "store_full",
        `space "${name}" is one too many: a database holds ${spacesMax} spaces`,
      );
    }
    this.#database
      .statement("INSERT INTO space (number, name, lastTask) VALUES (?, ?, ?)")
      .run(number, name, rangeOfSpace(number).from);
    return this.find(name) as Space;
  }

  /** All that were committed to. The order of SQLite's text is that of UTF-8, which is that of code points. */
  names(): string[] {
    const rows = this.#database
      .query<[string]>("SELECT name FROM space WHERE sequence > 0 ORDER BY name")
      .all();
    return rows.map(([name]) => name);
  }

  /** `onEpoch` is called with the number of the space, in the transaction in which a new epoch begins. */
  acquire(
    { space: name, owner, at, leaseMs, epochAbove = 0 }: OwnerLease & { readonly epochAbove?: number },
    onEpoch: (space: number) => void,
  ): Ownership | null {
    return this.#database.transaction(() => {
      const space = this.#findOrCreate(name);
      const isOwned = space.owner !== null && space.leaseUntil !== null && space.leaseUntil > at;
      if (isOwned && space.owner !== owner) return null;
      const { sequence } = space;
      const epoch = Math.max(space.epoch + 1, at, epochAbove + 1);
      this.#own.run(owner, at + leaseMs, epoch, space.number);
      this.#writeEpochs(name, [...this.#epochsOf(name), { epoch, owner, sequence }]);
      onEpoch(space.number);
      return { epoch, sequence };
    });
  }

  history(name: string): SpaceHistory {
    const space = this.find(name);
    const { sequence = 0, leaseUntil = null } = space ?? {};
    return { sequence, leaseUntil: leaseUntil ?? 0, epochs: this.#epochsOf(name) };
  }

  /** All but the present epoch. */
  replaceHistory(name: string, epochsBefore: readonly EpochStart[]): void {
    this.#writeEpochs(name, [...epochsBefore, ...this.#epochsOf(name).slice(-1)]);
  }

  #writeEpochs(name: string, epochs: readonly EpochStart[]): void {
    const rows = epochs
      .slice(-epochsKept)
      .map(({ epoch, owner, sequence }): EpochRow => [epoch, owner, sequence]);
    this.#noteEpochs.run(JSON.stringify(rows), name);
  }

  #epochsOf(name: string): EpochStart[] {
    const rows = JSON.parse(this.#epochs.get(name)?.[0] ?? "[]") as EpochRow[];
    return rows.map(([epoch, owner, sequence]) => ({ epoch, owner, sequence }));
  }

  renew({ space: name, owner, epoch, at, leaseMs }: OwnerLease & { readonly epoch: number }): number | null {
    const space = this.find(name);
    if (space === null || space.owner !== owner || space.epoch !== epoch) return null;
    this.#own.run(owner, Math.max(space.leaseUntil ?? 0, at + leaseMs), epoch, space.number);
    return space.sequence;
  }

  release({ space: name, owner, epoch }: { space: string; owner: string; epoch: number }): void {
    const space = this.find(name);
    if (space === null || space.owner !== owner || space.epoch !== epoch) return;
    this.#own.run(null, null, epoch, space.number);
  }

  /** Notes how far a commit has brought the space. */
  advance({ number, lastTask, lastLine }: Space, { sequence, counters }: PackedCommit): void {
    this.#advance.run(sequence, counters.order, counters.token, lastTask, lastLine, number);
  }
}
