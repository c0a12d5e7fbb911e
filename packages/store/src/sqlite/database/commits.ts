import type { CommitOutcome, StageOutcome } from "../../port.ts";
import type { PackedChanges, PackedCommit, PackedPart } from "../requests.ts";
import type { Database } from "./database.ts";
import { ItemTable } from "./items.ts";
import { LineTable } from "./lines.ts";
import { OopsTable } from "./oops.ts";
import type { Space, Spaces } from "./spaces.ts";
import type { StagedParts } from "./staged-parts.ts";
import type { TaskNumbers } from "./task-numbers.ts";
import { TaskWriter } from "./task-writer.ts";

/** Writes commits, each in one transaction, in which it is also checked that its sender may write it. */
export class Commits {
  readonly #database: Database;
  readonly #spaces: Spaces;
  readonly #numbers: TaskNumbers;
  readonly #staged: StagedParts;
  readonly #tasks: TaskWriter;
  readonly #items: ItemTable;
  readonly #lines: LineTable;
  readonly #oops: OopsTable;

  constructor(database: Database, spaces: Spaces, numbers: TaskNumbers, staged: StagedParts) {
    this.#database = database;
    this.#spaces = spaces;
    this.#numbers = numbers;
    this.#staged = staged;
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
      // Tasks have a number in memory as soon as they are written, which those of a failed commit must not keep.
      const space = this.#spaces.find(commit.space);
      if (space !== null) this.#numbers.forgetAbove(space.number, space.lastTask);
      throw error;
    }
  }

  #write(commit: PackedCommit): CommitOutcome {
    const space = this.#spaces.find(commit.space);
    if (space === null || !isOwner(space, commit)) return { type: "deposed", epoch: space?.epoch ?? 0 };
    if (space.sequence !== commit.sequence - 1) return { type: "out-of-sequence", stored: space.sequence };
    let reached = space;
    if (commit.parts > 0) {
      const staged = this.#staged.count(space.number);
      if (staged !== commit.parts) return { type: "parts-missing", staged };
      reached = this.#takeUp(space, commit.parts);
      this.#spaces.replaceHistory(commit.space, commit.epochsBefore);
    }
    this.#spaces.advance(this.#writeChanges(reached, commit), commit);
    return { type: "committed" };
  }

  /**
   * In the one transaction of the commit, though it may take seconds: while a process has the file open it cannot go
   * backwards, so this is next to never needed here.
   */
  #takeUp(space: Space, parts: number): Space {
    this.#items.clear(space.number);
    let reached = space;
    for (let part = 1; part <= parts; part += 1) {
      reached = this.#writeChanges(reached, this.#staged.read(space.number, part));
    }
    this.#staged.drop(space.number);
    return reached;
  }

  /** Returns the space with the numbers of its last task and line as they are then. */
  #writeChanges(space: Space, changes: PackedChanges): Space {
    const lastTask = this.#tasks.write(space, changes);
    this.#items.write(space.number, changes.items);
    this.#oops.write(space.number, changes.oops);
    return { ...space, lastTask, lastLine: this.#lines.write(space, changes.lines) };
  }

  stage({ part, changes, ...sender }: PackedPart): StageOutcome {
    return this.#database.transaction(() => {
      const space = this.#spaces.find(sender.space);
      if (space === null || !isOwner(space, sender)) return { type: "deposed", epoch: space?.epoch ?? 0 };
      if (part === 1) this.#staged.drop(space.number);
      const stored = this.#staged.count(space.number);
      if (stored !== part - 1) return { type: "out-of-sequence", stored };
      this.#staged.add(space.number, part, changes);
      return { type: "staged" };
    });
  }
}

function isOwner(space: Space, sender: { readonly owner: string; readonly epoch: number }): boolean {
  return space.owner === sender.owner && space.epoch === sender.epoch;
}
