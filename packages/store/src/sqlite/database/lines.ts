import type { StatementSync } from "node:sqlite";
import type { LogPage, NewLogLine } from "../../port.ts";
import type { Database, Query } from "./database.ts";
import type { Space } from "./spaces.ts";
import type { TaskNumbers } from "./task-numbers.ts";

type LineRow = [
  position: number,
  leg: string,
  attempt: number,
  number: number,
  stream: NewLogLine["stream"],
  at: number,
  text: string,
];

/** Lines of output. They lie by task, so that a log is read, and deleted, in one go. */
export class LineTable {
  readonly #numbers: TaskNumbers;
  readonly #insert: StatementSync;
  readonly #read: Query<LineRow>;

  constructor(database: Database, numbers: TaskNumbers) {
    this.#numbers = numbers;
    this.#insert = database.statement(
      `INSERT INTO line (task, position, leg, attempt, number, stream, at, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (task, leg, attempt, number) DO NOTHING`,
    );
    this.#read = database.query(
      `SELECT position, leg, attempt, number, stream, at, text FROM line
       WHERE task = ? AND position > ? ORDER BY position LIMIT ?`,
    );
  }

  /** Returns the position of the last line of the space. */
  write(space: Space, lines: readonly NewLogLine[]): number {
    let position = space.lastLine;
    for (const { task, leg, attempt, number, stream, at, text } of lines) {
      const taskNumber = this.#numbers.find(space.number, task);
      // Output comes from outside, and may come when its task is long deleted.
      if (taskNumber === undefined) continue;
      position += 1;
      this.#insert.run(taskNumber, position, leg, attempt, number, stream, at, text);
    }
    return position;
  }

  read(space: number, task: string, after: number, limit: number): LogPage {
    const taskNumber = this.#numbers.find(space, task);
    if (taskNumber === undefined) return { lines: [], next: after };
    const rows = this.#read.all(taskNumber, after, limit);
    const lines = rows.map(([position, leg, attempt, number, stream, at, text]) => {
      return { task, leg, attempt, number, stream, at, text, position };
    });
    return { lines, next: lines.at(-1)?.position ?? after };
  }
}
