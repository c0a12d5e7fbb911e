import { isEndState, type OopsRecord } from "@berth/engine";
import {
  type LogPage,
  type OopsQuery,
  type Page,
  type RetentionRule,
  type StoredTask,
  StoreError,
  type TaskQuery,
} from "@berth/store";
import { type SpaceRecords, storedTask, type TaskEntry } from "./space.ts";

export function queryTasks(space: SpaceRecords, query: TaskQuery): Page<StoredTask> {
  const after = taskPosition(query);
  const found = [...space.tasks.values()]
    .filter((entry) => matches(entry, query))
    .sort((one, other) => (query.sort === "oldest" ? 1 : -1) * (one.number - other.number))
    .filter(({ number }) => after === null || (query.sort === "oldest" ? number > after : number < after));
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const next = found.length > items.length && last !== undefined ? `${query.sort}-${last.number}` : null;
  return { items: items.map(storedTask), next };
}

function matches({ task }: TaskEntry, query: TaskQuery): boolean {
  return (
    query.ids?.includes(task.id) !== false &&
    query.states?.includes(task.status.state) !== false &&
    query.kinds?.includes(task.kind) !== false &&
    (query.name ?? task.name) === task.name &&
    (query.target === undefined || task.targets.includes(query.target)) &&
    (query.parent ?? task.plan?.parent) === task.plan?.parent &&
    (query.schedule ?? task.schedule) === task.schedule &&
    task.queuedAt >= (query.queuedFrom ?? 0) &&
    task.queuedAt < (query.queuedBefore ?? Number.POSITIVE_INFINITY)
  );
}

function taskPosition({ cursor, sort }: TaskQuery): number | null {
  if (cursor === null) return null;
  const [, sortBefore, number] = /^(newest|oldest)-(\d{1,16})$/.exec(cursor) ?? [];
  if (number === undefined || sortBefore !== sort) throw cursorInvalid(cursor);
  return Number(number);
}

export function queryOops(space: SpaceRecords, query: OopsQuery): Page<OopsRecord> {
  const after = oopsPosition(query.cursor);
  const found = space.oops
    .filter(
      ({ oops }) =>
        (query.id ?? oops.id) === oops.id &&
        (query.task ?? oops.task) === oops.task &&
        (query.target ?? oops.target) === oops.target &&
        (query.fingerprint ?? oops.fingerprint) === oops.fingerprint &&
        oops.at >= (query.from ?? 0) &&
        oops.at < (query.before ?? Number.POSITIVE_INFINITY),
    )
    .filter(
      ({ oops, number }) =>
        after === null || oops.at < after.at || (oops.at === after.at && number < after.number),
    )
    .sort((one, other) => other.oops.at - one.oops.at || other.number - one.number);
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const next = found.length > items.length && last !== undefined ? `${last.oops.at}-${last.number}` : null;
  return { items: items.map(({ oops }) => oops), next };
}

function oopsPosition(cursor: string | null): { at: number; number: number } | null {
  if (cursor === null) return null;
  const [, at, number] = /^(\d{1,16})-(\d{1,16})$/.exec(cursor) ?? [];
  if (at === undefined || number === undefined) throw cursorInvalid(cursor);
  return { at: Number(at), number: Number(number) };
}

function cursorInvalid(cursor: string): StoreError {
  return new StoreError("cursor_invalid", `cursor "${cursor}" is none that this store gave for this query`);
}

export function readLog(
  space: SpaceRecords,
  task: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): LogPage {
  const log = space.tasks.get(task)?.log ?? [];
  const lines = log.filter(({ position }) => position > after).slice(0, limit);
  return { lines, next: lines.at(-1)?.position ?? after };
}

export function prune(
  space: SpaceRecords,
  { before, endedTasksMax, limit }: RetentionRule,
): { tasks: number; oops: number } {
  const ended = [...space.tasks.values()]
    .filter(({ task }) => isEndState(task.status.state))
    .sort((one, other) => endOf(one) - endOf(other) || one.number - other.number);
  const tooMany = ended.length - endedTasksMax;
  const tasks = ended.filter((entry, index) => endOf(entry) < before || index < tooMany).slice(0, limit);
  for (const { task } of tasks) space.forgetTask(task.id);
  const oops = space.oops
    .filter((entry) => entry.oops.at < before)
    .sort((one, other) => one.oops.at - other.oops.at || one.number - other.number)
    .slice(0, limit);
  space.forgetOops(new Set(oops.map((entry) => entry.oops.id)));
  return { tasks: tasks.length, oops: oops.length };
}

function endOf({ task }: TaskEntry): number {
  return task.status.endedAt ?? 0;
}
