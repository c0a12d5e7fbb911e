import type { CommitOutcome } from "../../port.ts";
import type { PackedCommit } from "../requests.ts";
import type { Database } from "./database.ts";
import { ItemTable } from "./items.ts";
import { LineTable } from "./lines.ts";
import { OopsTable } from "./oops.ts";
import type { Spaces } from "./spaces.ts";
import type { TaskNumbers } from "./task-numbers.ts";
import { TaskWriter } from "./task-writer.ts";

/** Writes commits, each in one transaction, in which it is also checked that its sender may write it. */
export class Commits {
  readonly #database: Database;
  readonly #spaces: Spaces;
  readonly #numbers: TaskNumbers;
  readonly #tasks: TaskWriter;
  readonly #items: ItemTable;
  readonly #lines: LineTable;
  readonly #oops: OopsTable;

  constructor(database: Database, spaces: Spaces, numbers: TaskNumbers) {
    this.#database = database;
    this.#spaces = spaces;
    this.#numbers = numbers;
    this.#tasks = new TaskWriter(database, numbers);
    this.#items = new ItemTable(database);
    this.#lines = new LineTable(database, numbers);
    this.#oops = new OopsTable(database);
  }

  /** Throws `StoreError` `commit_invalid`, and errors of SQLite; then nothing was written. */
  write(commit: PackedCommit): CommitOutcome {
    try {
      return this.#database.transaction(() => this.#write(commit));
    } catch (error) {
      this.#forgetAdded(commit);
      throw error;
    }
  }

  #write(commit: PackedCommit): CommitOutcome {
    const space = this.#spaces.find(commit.space);
    if (space === null) return { type: "deposed", epoch: 0 };
    if (space.owner !== commit.owner || space.epoch !== commit.epoch) {
      return { type: "deposed", epoch: space.epoch };
    }
    if (space.sequence !== commit.sequence - 1) return { type: "out-of-sequence", stored: space.sequence };
    const lastTask = this.#tasks.write(space, commit);
    this.#items.write(space.number, commit.items);
    this.#oops.write(space.number, commit.oops);
    const lastLine = this.#lines.write(space, commit.lines);
    this.#spaces.advance(space, commit, lastTask, lastLine);
    return { type: "committed" };
  }

  /** Tasks have a number in memory as soon as they are written, which those of a failed commit must not keep. */
  #forgetAdded(commit: PackedCommit): void {
    const space = this.#spaces.find(commit.space);
    if (space === null) return;
    for (const [id] of commit.added) this.#numbers.forgetAbove(space.number, id, space.lastTask);
  }
}
