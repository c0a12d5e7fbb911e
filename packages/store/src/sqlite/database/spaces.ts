import type { StatementSync } from "node:sqlite";
import { type OwnerLease, type Ownership, StoreError } from "../../port.ts";
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

/** The spaces: who owns them, and how far they have come. */
export class Spaces {
  readonly #database: Database;
  readonly #find: Query<SpaceRow>;
  readonly #own: StatementSync;
  readonly #advance: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#find = database.query(
      `SELECT number, owner, leaseUntil, epoch, sequence, orders, tokens, lastTask, lastLine
       FROM space WHERE name = ?`,
    );
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

  acquire({ space: name, owner, at, leaseMs }: OwnerLease): Ownership | null {
    return this.#database.transaction(() => {
      const space = this.#findOrCreate(name);
      const isOwned = space.owner !== null && space.leaseUntil !== null && space.leaseUntil > at;
      if (isOwned && space.owner !== owner) return null;
      const epoch = Math.max(space.epoch + 1, at);
      this.#own.run(owner, at + leaseMs, epoch, space.number);
      return { epoch, sequence: space.sequence };
    });
  }

  renew({ space: name, owner, epoch, at, leaseMs }: OwnerLease & { readonly epoch: number }): boolean {
    const space = this.find(name);
    if (space === null || space.owner !== owner || space.epoch !== epoch) return false;
    this.#own.run(owner, Math.max(space.leaseUntil ?? 0, at + leaseMs), epoch, space.number);
    return true;
  }

  release({ space: name, owner, epoch }: { space: string; owner: string; epoch: number }): void {
    const space = this.find(name);
    if (space === null || space.owner !== owner || space.epoch !== epoch) return;
    this.#own.run(null, null, epoch, space.number);
  }

  /** Notes how far a commit has brought the space. */
  advance(space: Space, { sequence, counters }: PackedCommit, lastTask: number, lastLine: number): void {
    this.#advance.run(sequence, counters.order, counters.token, lastTask, lastLine, space.number);
  }
}
