import type { StatementSync } from "node:sqlite";
import { StoreError } from "../../port.ts";
import type { AddedTask, ChangedTask, PackedChanges, TaskOrigin } from "../requests.ts";
import type { Database, Query } from "./database.ts";
import { blockSize } from "./numbering.ts";
import type { Space } from "./spaces.ts";
import type { TaskNumbers } from "./task-numbers.ts";

const statements = {
  insert: `INSERT INTO task (number, space, id, kind, name, queuedAt, state, priority, startedAt, endedAt, childrenFailed, target, record, leg)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  replace: `UPDATE task SET state = ?, priority = ?, startedAt = ?, endedAt = ?, childrenFailed = ?, record = ?,
                            leg = coalesce(?, leg)
            WHERE number = ? AND endedAt IS NULL`,
  setStatus: `UPDATE task SET state = ?, priority = ?, startedAt = ?, endedAt = ?, childrenFailed = ?
              WHERE number = ? AND endedAt IS NULL`,
  setStatusAndLeg: `UPDATE task SET state = ?, priority = ?, startedAt = ?, endedAt = ?, childrenFailed = ?, leg = ?
                    WHERE number = ? AND endedAt IS NULL AND target = ?`,
  setLeg: "UPDATE task SET leg = ? WHERE number = ? AND target = ?",
  putLeg: "INSERT INTO leg VALUES (?, ?, ?) ON CONFLICT (task, target) DO UPDATE SET leg = excluded.leg",
  addPayload: "INSERT INTO payload VALUES (?, ?)",
  putPayload: "INSERT INTO payload VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET payload = excluded.payload",
  nameTarget: "INSERT OR IGNORE INTO taskByTarget VALUES (?, ?)",
  nameParent: "INSERT OR IGNORE INTO taskByParent VALUES (?, ?)",
  nameSchedule: "INSERT OR IGNORE INTO taskBySchedule VALUES (?, ?)",
  countEnded: `INSERT INTO endedCount VALUES (?, ?, ?)
               ON CONFLICT (space, state) DO UPDATE SET count = count + excluded.count`,
  noteTimes: `INSERT INTO taskTimes VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE
              SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
};

/** What a commit adds up while its tasks are written. */
interface Progress {
  readonly space: Space;
  lastTask: number;
  readonly endedCounts: Map<string, number>;
  /** When the tasks of a block of numbers were queued. */
  readonly times: Map<number, { earliest: number; latest: number }>;
}

/**
 * Writes what commits say of tasks. Every task comes this way twice or more, so rows are few and found by number: a
 * task with one target has its leg in its own row, and status and leg change in one statement.
 */
export class TaskWriter {
  readonly #numbers: TaskNumbers;
  readonly #statements: Readonly<Record<keyof typeof statements, StatementSync>>;
  readonly #namesTarget: Query<[number]>;

  constructor(database: Database, numbers: TaskNumbers) {
    this.#numbers = numbers;
    this.#statements = database.statements(statements);
    this.#namesTarget = database.query("SELECT 1 FROM taskByTarget WHERE target = ? AND task = ?");
  }

  /** Returns the number of the last task of the space. Throws `StoreError` `commit_invalid`. */
  write(space: Space, { added, changed, targets, origins, legs, payloads }: PackedChanges): number {
    const progress: Progress = { space, lastTask: space.lastTask, endedCounts: new Map(), times: new Map() };
    for (const task of added) this.#add(progress, task);
    for (const [task, names] of targets) {
      const number = this.#numberOf(space, task, "a list of targets");
      for (const target of names) this.#statements.nameTarget.run(target, number);
    }
    for (const origin of origins) this.#writeOrigin(space, origin);
    for (const task of changed) this.#change(progress, task);
    for (const [task, target, leg] of legs) {
      this.#writeLeg(this.#numberOf(space, task, "a leg"), task, target, leg);
    }
    for (const [task, payload] of payloads) {
      this.#statements.putPayload.run(this.#numberOf(space, task, "a payload"), payload);
    }
    for (const [state, count] of progress.endedCounts) {
      this.#statements.countEnded.run(space.number, state, count);
    }
    for (const [block, { earliest, latest }] of progress.times) {
      this.#statements.noteTimes.run(block, earliest, latest);
    }
    return progress.lastTask;
  }

  #add(progress: Progress, added: AddedTask): void {
    const [id, , , , state, priority, startedAt, endedAt, childrenFailed, , record, leg, payload] = added;
    const { replace, addPayload, putPayload } = this.#statements;
    const known = this.#numbers.find(progress.space.number, id);
    if (known === undefined) {
      const number = this.#insert(progress, added);
      if (payload !== null) addPayload.run(number, payload);
    } else {
      const status = [state, priority, startedAt, endedAt, childrenFailed] as const;
      if (replace.run(...status, record, leg, known).changes === 0) {
        throw commitInvalid(`task "${id}" is added, and has ended before`);
      }
      if (payload !== null) putPayload.run(known, payload);
    }
    if (endedAt !== null) countOne(progress.endedCounts, state);
  }

  #insert(progress: Progress, added: AddedTask): number {
    const [id, kind, name, queuedAt, state, priority, startedAt, endedAt, childrenFailed, ...rest] = added;
    const [target, record, leg] = rest;
    const space = progress.space.number;
    progress.lastTask += 1;
    const number = progress.lastTask;
    const status = [state, priority, startedAt, endedAt, childrenFailed] as const;
    this.#statements.insert.run(number, space, id, kind, name, queuedAt, ...status, target, record, leg);
    this.#numbers.add(space, id, number);
    noteTime(progress.times, number, queuedAt);
    return number;
  }

  #writeOrigin(space: Space, [task, parent, schedule]: TaskOrigin): void {
    const number = this.#numberOf(space, task, "an origin");
    if (parent !== null) this.#statements.nameParent.run(parent, number);
    if (schedule !== null) this.#statements.nameSchedule.run(schedule, number);
  }

  #change(progress: Progress, changed: ChangedTask): void {
    const [id, state, priority, startedAt, endedAt, childrenFailed, target, leg] = changed;
    const number = this.#numberOf(progress.space, id, state === null ? "a leg" : "a change");
    if (state === null) {
      this.#writeLeg(number, id, target, leg);
      return;
    }
    const { setStatusAndLeg, setStatus } = this.#statements;
    const status = [state, priority, startedAt, endedAt, childrenFailed] as const;
    const areBothWritten =
      target !== null && setStatusAndLeg.run(...status, leg, number, target).changes === 1;
    if (!areBothWritten) {
      // Only its status changed, or it has several targets, and so its legs in a table of their own.
      if (setStatus.run(...status, number).changes === 0) {
        throw commitInvalid(`task "${id}" changes to ${state}, and has ended before`);
      }
      if (target !== null) this.#writeLeg(number, id, target, leg);
    }
    if (endedAt !== null) countOne(progress.endedCounts, state);
  }

  #writeLeg(number: number, task: string, target: string | null, leg: string | null): void {
    if (this.#statements.setLeg.run(leg, number, target).changes === 1) return;
    if (this.#namesTarget.get(target, number) === undefined) {
      throw commitInvalid(`there is a leg on target "${target}", which its task "${task}" does not name`);
    }
    this.#statements.putLeg.run(number, target, leg);
  }

  #numberOf(space: Space, task: string, what: string): number {
    const number = this.#numbers.find(space.number, task);
    if (number === undefined) throw commitInvalid(`there is ${what} of task "${task}", which is not stored`);
    return number;
  }
}

function countOne(counts: Map<string, number>, state: string): void {
  counts.set(state, (counts.get(state) ?? 0) + 1);
}

function noteTime(times: Progress["times"], number: number, queuedAt: number): void {
  const block = Math.floor(number / blockSize);
  const known = times.get(block);
  if (known === undefined) {
    times.set(block, { earliest: queuedAt, latest: queuedAt });
    return;
  }
  known.earliest = Math.min(known.earliest, queuedAt);
  known.latest = Math.max(known.latest, queuedAt);
}

function commitInvalid(message: string): StoreError {
  return new StoreError("commit_invalid", `${message}; nothing of the commit was written`);
}
