import type { Change, LegRecord, TaskRecord, TaskStatus } from "@berth/engine";
import type { Commit, StagedPart, StoreChange } from "../port.ts";
import { encodeLeg, encodeTask } from "./encoding.ts";
import type { ItemChange, PackedChanges, PackedCommit, PackedPart } from "./requests.ts";

/** What the changes of one task come to. */
interface TaskChange {
  added: TaskRecord | null;
  status: TaskStatus | null;
  /** The first leg that changed: nearly always the only one. */
  leg: LegRecord | null;
  /** The others, by target. */
  moreLegs: Map<string, LegRecord> | null;
  payload: string | null;
}

type Rows = {
  -readonly [Name in
    | "added"
    | "changed"
    | "targets"
    | "origins"
    | "legs"
    | "payloads"]: PackedChanges[Name][number][];
};

export function packCommit({ changes, ...commit }: Commit): PackedCommit {
  const { space, owner, epoch, sequence, counters, parts = 0, epochsBefore = [] } = commit;
  return { space, owner, epoch, sequence, counters, parts, epochsBefore, ...packChanges(changes) };
}

export function packPart({ space, owner, epoch, part, changes }: StagedPart): PackedPart {
  return { space, owner, epoch, part, changes: packChanges(changes) };
}

/**
 * Brings changes into the form in which they cross to the thread with the database. What changes several times is
 * written once, as it is at the end. This runs on the main thread for each task, so it does little more than to write
 * records down as text.
 */
function packChanges(changes: readonly StoreChange[]): PackedChanges {
  const tasks = new Map<string, TaskChange>();
  const lines: PackedChanges["lines"][number][] = [];
  const items: ItemChange[] = [];
  const oops: PackedChanges["oops"][number][] = [];
  for (const change of changes) {
    switch (change.type) {
      case "task.added":
      case "task.changed":
      case "leg":
      case "payload":
        mergeTask(tasks, change);
        break;
      case "log":
        lines.push(change.line);
        break;
      case "oops":
        oops.push(change.oops);
        break;
      default:
        items.push(itemChange(change));
    }
  }
  return { ...packTasks(tasks), lines, items, oops };
}

type ChangeOfTask = Extract<StoreChange, { type: "task.added" | "task.changed" | "leg" | "payload" }>;

function mergeTask(tasks: Map<string, TaskChange>, change: ChangeOfTask): void {
  switch (change.type) {
    case "task.added": {
      const task = changeOf(tasks, change.task.id);
      task.added = change.task;
      task.status = change.task.status;
      return;
    }
    case "task.changed":
      changeOf(tasks, change.id).status = change.status;
      return;
    case "leg":
      mergeLeg(changeOf(tasks, change.leg.task), change.leg);
      return;
    case "payload":
      changeOf(tasks, change.task).payload = change.payload;
  }
}

function changeOf(tasks: Map<string, TaskChange>, id: string): TaskChange {
  let change = tasks.get(id);
  if (change === undefined) {
    change = { added: null, status: null, leg: null, moreLegs: null, payload: null };
    tasks.set(id, change);
  }
  return change;
}

function mergeLeg(task: TaskChange, leg: LegRecord): void {
  if (task.leg === null || task.leg.target === leg.target) {
    task.leg = leg;
    return;
  }
  task.moreLegs ??= new Map();
  task.moreLegs.set(leg.target, leg);
}

function packTasks(tasks: ReadonlyMap<string, TaskChange>): Rows {
  const rows: Rows = { added: [], changed: [], targets: [], origins: [], legs: [], payloads: [] };
  for (const [id, change] of tasks) {
    if (change.added === null) packChanged(rows, id, change);
    else packAdded(rows, change.added, change);
    if (change.moreLegs === null) continue;
    for (const leg of change.moreLegs.values()) rows.legs.push([id, leg.target, encodeLeg(leg)]);
  }
  return rows;
}

function packAdded(rows: Rows, task: TaskRecord, change: TaskChange): void {
  const { state, priority, startedAt, endedAt, childrenFailed } = change.status ?? task.status;
  const target = task.targets.length === 1 ? (task.targets[0] ?? null) : null;
  let leg: string | null = null;
  if (change.leg !== null) {
    if (change.leg.target === target) leg = encodeLeg(change.leg);
    else rows.legs.push([task.id, change.leg.target, encodeLeg(change.leg)]);
  }
  if (target === null) rows.targets.push([task.id, task.targets]);
  if (task.plan !== null || task.schedule !== null) packOrigin(rows, task);
  rows.added.push([
    task.id,
    task.kind,
    task.name,
    task.queuedAt,
    state,
    priority,
    startedAt,
    endedAt,
    childrenFailed,
    target,
    encodeTask(task),
    leg,
    change.payload,
  ]);
}

function packOrigin(rows: Rows, { id, plan, schedule }: TaskRecord): void {
  const parent = plan === null ? null : plan.parent;
  if (parent !== null || schedule !== null) rows.origins.push([id, parent, schedule]);
}

function packChanged(rows: Rows, id: string, { status, leg, payload }: TaskChange): void {
  if (payload !== null) rows.payloads.push([id, payload]);
  if (status === null && leg === null) return;
  rows.changed.push([
    id,
    status === null ? null : status.state,
    status === null ? null : status.priority,
    status === null ? null : status.startedAt,
    status === null ? null : status.endedAt,
    status === null ? null : status.childrenFailed,
    leg === null ? null : leg.target,
    leg === null ? null : encodeLeg(leg),
  ]);
}

type ChangeOfItem = Exclude<Change, { type: "task.added" | "task.changed" | "leg" | "oops" }>;

function itemChange(change: ChangeOfItem): ItemChange {
  switch (change.type) {
    case "target":
      return ["target", change.target.id, JSON.stringify(change.target)];
    case "target.removed":
      return ["target", change.id, null];
    case "session":
      return ["session", change.session.id, JSON.stringify(change.session)];
    case "session.ended":
      return ["session", change.id, null];
    case "hold":
      return ["hold", change.hold.id, JSON.stringify(change.hold)];
    case "hold.ended":
      return ["hold", change.id, null];
    case "quarantine":
      return ["quarantine", quarantineKey(change.quarantine), JSON.stringify(change.quarantine)];
    case "quarantine.ended":
      return ["quarantine", quarantineKey(change), null];
    case "semaphore":
      return ["semaphore", change.semaphore.id, JSON.stringify(change.semaphore)];
    case "semaphore.removed":
      return ["semaphore", change.id, null];
    case "schedule":
      return ["schedule", change.schedule.id, JSON.stringify(change.schedule)];
    case "schedule.removed":
      return ["schedule", change.id, null];
    case "duration":
      return ["duration", change.duration.id, JSON.stringify(change.duration)];
    case "duration.removed":
      return ["duration", change.id, null];
  }
}

function quarantineKey({ target, mutex, token }: { target: string; mutex: string; token: string }): string {
  return JSON.stringify([target, mutex, token]);
}
