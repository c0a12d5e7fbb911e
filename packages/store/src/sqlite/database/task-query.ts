import type { TaskQuery } from "../../port.ts";
import { blockSize, type NumberRange } from "./numbering.ts";

export type SqlValue = string | number;

export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export const taskColumns =
  "task.number, task.id, task.kind, task.name, queuedAt, state, priority, startedAt, endedAt, childrenFailed, task.target, record, task.leg";

/** What of a query picks the tasks that come into question. The rest of it sorts out some of those. */
export type TaskPick =
  | { readonly by: "numbers"; readonly numbers: readonly number[] }
  | { readonly by: "parent"; readonly parent: string }
  | { readonly by: "schedule"; readonly schedule: string }
  | { readonly by: "target"; readonly target: string }
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "state"; readonly states: readonly string[] }
  | { readonly by: "range" };

/** The pick that leaves the fewest. `numbers`: those of the ids of the query, where it has any. */
export function pickOf(query: TaskQuery, numbers: readonly number[] | null): TaskPick {
  const { parent, schedule, target, name, states } = query;
  if (numbers !== null) return { by: "numbers", numbers };
  if (parent !== undefined) return { by: "parent", parent };
  if (schedule !== undefined) return { by: "schedule", schedule };
  if (target !== undefined) return { by: "target", target };
  if (name !== undefined) return { by: "name", name };
  if (states !== undefined && !states.includes("succeeded")) return { by: "state", states };
  return { by: "range" };
}

/** Selects the numbers that are picked, within a range. */
export function pickSql(pick: TaskPick, { from, to }: NumberRange): Sql {
  switch (pick.by) {
    case "numbers":
      return {
        text: "SELECT value AS number FROM json_each(?) WHERE value BETWEEN ? AND ?",
        values: [JSON.stringify(pick.numbers), from, to],
      };
    case "parent":
      return {
        text: "SELECT task AS number FROM taskByParent WHERE parent = ? AND task BETWEEN ? AND ?",
        values: [pick.parent, from, to],
      };
    case "schedule":
      return {
        text: "SELECT task AS number FROM taskBySchedule WHERE schedule = ? AND task BETWEEN ? AND ?",
        values: [pick.schedule, from, to],
      };
    case "target":
      return {
        text: "SELECT task AS number FROM taskByTarget WHERE target = ? AND task BETWEEN ? AND ?",
        values: [pick.target, from, to],
      };
    case "name":
      return {
        text: "SELECT task AS number FROM taskByName WHERE name = ? AND task BETWEEN ? AND ?",
        values: [pick.name, from, to],
      };
    case "state":
      // One part for each state: each comes in order from the index, and SQLite merges them.
      return {
        text: pick.states
          .map(
            () =>
              "SELECT number FROM task WHERE state <> 'succeeded' AND state = ? AND number BETWEEN ? AND ?",
          )
          .join(" UNION ALL "),
        values: pick.states.flatMap((state) => [state, from, to]),
      };
    case "range":
      return { text: "SELECT number FROM task WHERE number BETWEEN ? AND ?", values: [from, to] };
  }
}

/** What of the query the pick does not answer, as conditions on `task`. The range answers the time only roughly. */
export function filterSql(query: TaskQuery, pick: TaskPick): Sql {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where("task.kind IN (SELECT value FROM json_each(?))", listOf(query.kinds));
  if (pick.by !== "state") where("task.state IN (SELECT value FROM json_each(?))", listOf(query.states));
  if (pick.by !== "name") where("task.name = ?", query.name);
  if (pick.by !== "target") {
    where("EXISTS (SELECT 1 FROM taskByTarget WHERE target = ? AND task = task.number)", query.target);
  }
  if (pick.by !== "parent") {
    where("EXISTS (SELECT 1 FROM taskByParent WHERE parent = ? AND task = task.number)", query.parent);
  }
  if (pick.by !== "schedule") {
    where("EXISTS (SELECT 1 FROM taskBySchedule WHERE schedule = ? AND task = task.number)", query.schedule);
  }
  where("queuedAt >= ?", query.queuedFrom);
  where("queuedAt < ?", query.queuedBefore);
  return { text: conditions.join(" AND "), values };
}

function listOf(list: readonly string[] | undefined): string | undefined {
  return list === undefined ? undefined : JSON.stringify(list);
}

/** The range in which tasks of a time lie, as far as the times of whole blocks tell. */
export function timeRangeSql({ queuedFrom = 0, queuedBefore }: TaskQuery, { from, to }: NumberRange): Sql {
  return {
    text: `SELECT min(block) * ${blockSize}, max(block) * ${blockSize} + ${blockSize - 1} FROM taskTimes
           WHERE block BETWEEN ? AND ? AND latest >= ? AND earliest < ?`,
    values: [
      Math.floor(from / blockSize),
      Math.floor(to / blockSize),
      queuedFrom,
      queuedBefore ?? Number.MAX_SAFE_INTEGER,
    ],
  };
}
