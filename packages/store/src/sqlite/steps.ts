// What takes several requests to the thread with the database: each is short, so that commits get in between.
import type {
  DurationRecord,
  LegRecord,
  LiveRecords,
  OopsRecord,
  SessionRecord,
  TargetRecord,
  TaskRecord,
} from "@berth/engine";
import type { OopsQuery, Page, RetentionRule, StoredTask, TaskQuery } from "../port.ts";
import type { Channel } from "./channel.ts";
import { oopsCursor, readOopsCursor, readTaskCursor, taskCursor } from "./cursor.ts";
import { decodeStoredTask } from "./encoding.ts";
import type {
  DurationStep,
  ItemKind,
  Items,
  LivePosition,
  LiveStep,
  PruneStep,
  StoredRow,
} from "./requests.ts";

export async function readItems<Kind extends ItemKind>(
  channel: Channel,
  space: string,
  kind: Kind,
): Promise<Items[Kind][]> {
  const texts = await channel.call("items", space, kind);
  return texts.map((text) => ({ ...earlierFields(kind), ...(JSON.parse(text) as Items[Kind]) }));
}

/** What records of earlier versions do not have, as it was then. */
function earlierFields(kind: ItemKind): object {
  if (kind === "target") return { users: [] } satisfies Partial<TargetRecord>;
  return kind === "session" ? ({ user: null } satisfies Partial<SessionRecord>) : {};
}

async function readDurations(channel: Channel, space: string): Promise<DurationRecord[]> {
  const durations: DurationRecord[] = [];
  let after: string | null = null;
  do {
    const { texts, next }: DurationStep = await channel.call("durations", space, after);
    for (const text of texts) durations.push(JSON.parse(text) as DurationRecord);
    after = next;
  } while (after !== null);
  return durations;
}

export async function loadLive(channel: Channel, space: string): Promise<LiveRecords> {
  const tasks: TaskRecord[] = [];
  const legs: LegRecord[] = [];
  let after: LivePosition | null = null;
  do {
    const { rows, next }: LiveStep = await channel.call("liveTasks", space, after);
    for (const row of rows) {
      const stored = decodeStoredTask(row);
      tasks.push(stored.task);
      legs.push(...stored.legs);
    }
    after = next;
  } while (after !== null);
  return {
    tasks,
    legs,
    targets: await readItems(channel, space, "target"),
    sessions: await readItems(channel, space, "session"),
    holds: await readItems(channel, space, "hold"),
    quarantines: await readItems(channel, space, "quarantine"),
    semaphores: await readItems(channel, space, "semaphore"),
    schedules: await readItems(channel, space, "schedule"),
    durations: await readDurations(channel, space),
    counters: await channel.call("counters", space),
  };
}

/** Looks for one more than fits on the page: whether there is one decides whether there is a next page. */
export async function readTasks(
  channel: Channel,
  space: string,
  query: TaskQuery,
): Promise<Page<StoredTask>> {
  let after = readTaskCursor(query.sort, query.cursor);
  const found: StoredRow[] = [];
  do {
    const limit = query.limit + 1 - found.length;
    const { rows, next } = await channel.call("tasks", space, query, { after, limit });
    found.push(...rows);
    after = next;
  } while (after !== null && found.length <= query.limit);
  const page = found.slice(0, query.limit);
  const last = found.length > query.limit ? page.at(-1) : undefined;
  return {
    items: page.map(decodeStoredTask),
    next: last === undefined ? null : taskCursor(query.sort, last.task[0]),
  };
}

export async function readOops(channel: Channel, space: string, query: OopsQuery): Promise<Page<OopsRecord>> {
  const after = readOopsCursor(query.cursor);
  const rows = await channel.call("oops", space, { ...query, limit: query.limit + 1 }, after);
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    items: page.map(([, , text]) => JSON.parse(text) as OopsRecord),
    next: last === undefined ? null : oopsCursor({ number: last[0], at: last[1] }),
  };
}

export async function prune(
  channel: Channel,
  space: string,
  rule: RetentionRule,
): Promise<{ tasks: number; oops: number }> {
  const deleted = { tasks: 0, oops: 0 };
  let step: PruneStep;
  do {
    const limits = { tasks: rule.limit - deleted.tasks, oops: rule.limit - deleted.oops };
    step = await channel.call("prune", space, rule, limits);
    deleted.tasks += step.tasks;
    deleted.oops += step.oops;
  } while (step.more);
  return deleted;
}
