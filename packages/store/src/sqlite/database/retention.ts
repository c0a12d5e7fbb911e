import type { StatementSync } from "node:sqlite";
import type { RetentionRule } from "../../port.ts";
import { originIn, targetsIn } from "../encoding.ts";
import type { PruneLimits, PruneStep } from "../requests.ts";
import type { Catalogs } from "./catalogs.ts";
import type { Database, Query } from "./database.ts";
import { blockSize, rangeOfSpace } from "./numbering.ts";
import type { TaskNumbers } from "./task-numbers.ts";

/** What one step deletes at most: a few ten milliseconds. */
const tasksPerStep = 500;
const linesPerStep = 10_000;
const oopsPerStep = 2000;
const pagesPerStep = 256;

type EndedTask = [
  number: number,
  id: string,
  name: string,
  state: string,
  endedAt: number,
  target: string | null,
  record: string,
];

const deletions = {
  lines: "DELETE FROM line WHERE task = ? AND position <= ?",
  legs: "DELETE FROM leg WHERE task = ?",
  payload: "DELETE FROM payload WHERE task = ?",
  id: "DELETE FROM taskById WHERE id = ? AND task = ?",
  name: "DELETE FROM taskByName WHERE name = ? AND task = ?",
  target: "DELETE FROM taskByTarget WHERE target = ? AND task = ?",
  parent: "DELETE FROM taskByParent WHERE parent = ? AND task = ?",
  schedule: "DELETE FROM taskBySchedule WHERE schedule = ? AND task = ?",
  task: "DELETE FROM task WHERE number = ?",
  count: "UPDATE endedCount SET count = count - ? WHERE space = ? AND state = ?",
  times: `DELETE FROM taskTimes WHERE block >= ?1 / ${blockSize} AND block <
          (SELECT min(number) / ${blockSize} FROM task WHERE number BETWEEN ?1 AND ?2)`,
  oops: `DELETE FROM oops WHERE number IN
         (SELECT number FROM oops WHERE space = ? AND at < ? ORDER BY at, number LIMIT ?)`,
};

/** Deletes what is old, in bounded steps. */
export class Retention {
  readonly #database: Database;
  readonly #numbers: TaskNumbers;
  readonly #catalogs: Catalogs;
  readonly #delete: Readonly<Record<keyof typeof deletions, StatementSync>>;
  readonly #oldest: Query<EndedTask>;
  readonly #endedCount: Query<[number]>;
  readonly #lineAt: Query<[number]>;

  constructor(database: Database, numbers: TaskNumbers, catalogs: Catalogs) {
    this.#database = database;
    this.#numbers = numbers;
    this.#catalogs = catalogs;
    this.#delete = database.statements(deletions);
    this.#oldest = database.query(
      `SELECT number, id, name, state, endedAt, target, record FROM task
       WHERE space = ? AND endedAt IS NOT NULL ORDER BY endedAt, number LIMIT ?`,
    );
    this.#endedCount = database.query("SELECT coalesce(sum(count), 0) FROM endedCount WHERE space = ?");
    this.#lineAt = database.query(
      "SELECT position FROM line WHERE task = ? ORDER BY position LIMIT 1 OFFSET ?",
    );
  }

  step(space: number, rule: RetentionRule, limits: PruneLimits): PruneStep {
    this.#catalogs.settle(space);
    const victims = this.#victims(space, rule, Math.min(limits.tasks, tasksPerStep));
    const step = this.#database.transaction(() => {
      const tasks = this.#deleteTasks(space, victims);
      const oopsMax = Math.min(limits.oops, oopsPerStep);
      const oops = Number(this.#delete.oops.run(space, rule.before, oopsMax).changes);
      return { tasks, oops, more: victims.length > 0 || oops > 0 };
    });
    for (const [, id] of victims.slice(0, step.tasks)) this.#numbers.forget(space, id);
    if (step.more) this.#database.shrink(pagesPerStep);
    return step;
  }

  /** Too old, or too many; the longest ended first in either case. */
  #victims(space: number, { before, endedTasksMax }: RetentionRule, limit: number): EndedTask[] {
    const excess = (this.#endedCount.get(space)?.[0] ?? 0) - endedTasksMax;
    return this.#oldest
      .all(space, limit)
      .filter(([, , , , endedAt], index) => endedAt < before || index < excess);
  }

  /** Returns how many it deleted: fewer where their logs are long. The log of the next one may be gone in part then. */
  #deleteTasks(space: number, victims: readonly EndedTask[]): number {
    let linesLeft = linesPerStep;
    let deleted = 0;
    const counts = new Map<string, number>();
    for (const victim of victims) {
      linesLeft -= this.#deleteLines(victim[0], linesLeft);
      if (linesLeft === 0) break;
      this.#deleteTask(victim);
      counts.set(victim[3], (counts.get(victim[3]) ?? 0) + 1);
      deleted += 1;
    }
    for (const [state, count] of counts) this.#delete.count.run(count, space, state);
    const { from, to } = rangeOfSpace(space);
    if (deleted > 0) this.#delete.times.run(from, to);
    return deleted;
  }

  #deleteLines(task: number, limit: number): number {
    const upTo = this.#lineAt.get(task, limit - 1)?.[0] ?? Number.MAX_SAFE_INTEGER;
    return Number(this.#delete.lines.run(task, upTo).changes);
  }

  #deleteTask([number, id, name, , , target, record]: EndedTask): void {
    for (const each of target === null ? targetsIn(record) : [target]) this.#delete.target.run(each, number);
    const { parent, schedule } = originIn(record);
    if (parent !== null) this.#delete.parent.run(parent, number);
    if (schedule !== null) this.#delete.schedule.run(schedule, number);
    this.#delete.name.run(name, number);
    this.#delete.id.run(id, number);
    this.#delete.legs.run(number);
    this.#delete.payload.run(number);
    this.#delete.task.run(number);
  }
}
