import type { Change, Counters, LegRecord, LiveRecords, OopsRecord, TaskRecord } from "@berth/engine";
import { isEndState } from "@berth/engine";
import { type LogLine, type StoreChange, type StoredTask, StoreError } from "@berth/store";

export interface TaskEntry {
  task: TaskRecord;
  /** Counts up with each task that is added. */
  readonly number: number;
  /** By target. */
  readonly legs: Map<string, LegRecord>;
  payload: string | null;
  readonly log: LogLine[];
}

/** Small sets by key, in the order in which they were added. */
interface Items {
  target: Map<string, LiveRecords["targets"][number]>;
  session: Map<string, LiveRecords["sessions"][number]>;
  hold: Map<string, LiveRecords["holds"][number]>;
  quarantine: Map<string, LiveRecords["quarantines"][number]>;
  semaphore: Map<string, LiveRecords["semaphores"][number]>;
  schedule: Map<string, LiveRecords["schedules"][number]>;
  duration: Map<string, LiveRecords["durations"][number]>;
}

/** All that is stored of one space. */
export class SpaceRecords {
  readonly tasks: Map<string, TaskEntry> = new Map();
  readonly oops: { readonly oops: OopsRecord; readonly number: number }[] = [];
  readonly items: Items = {
    target: new Map(),
    session: new Map(),
    hold: new Map(),
    quarantine: new Map(),
    semaphore: new Map(),
    schedule: new Map(),
    duration: new Map(),
  };
  counters: Counters = { order: 0, token: 0 };
  #lastTask = 0;
  #lastLine = 0;
  #lastOops = 0;
  readonly #oopsIds = new Set<string>();

  /** Whole or not at all: throws `commit_invalid` before anything is written. */
  write(changes: readonly StoreChange[], counters: Counters): void {
    this.#check(changes);
    for (const change of changes) this.#write(change);
    this.counters = counters;
  }

  /** The same, and what it does not bring of the small sets is gone. */
  writeWhole(changes: readonly StoreChange[], counters: Counters): void {
    this.#check(changes);
    for (const items of Object.values(this.items)) items.clear();
    this.write(changes, counters);
  }

  live(): LiveRecords {
    const entries = [...this.tasks.values()].filter(({ task }) => !isEndState(task.status.state));
    const { target, session, hold, quarantine, semaphore, schedule, duration } = this.items;
    return {
      tasks: entries.map(({ task }) => task),
      legs: entries.flatMap(legsOf),
      targets: sortedById(target),
      sessions: [...session.values()],
      holds: [...hold.values()],
      quarantines: [...quarantine.values()],
      semaphores: sortedById(semaphore),
      schedules: sortedById(schedule),
      durations: [...duration.values()],
      counters: this.counters,
    };
  }

  /** What would make it all again. */
  asChanges(): Change[] {
    const { target, session, hold, quarantine, semaphore, schedule, duration } = this.items;
    return [
      ...[...target.values()].map((each): Change => ({ type: "target", target: each })),
      ...[...this.tasks.values()].map(({ task }): Change => ({ type: "task.added", task })),
      ...[...this.tasks.values()].flatMap(legsOf).map((leg): Change => ({ type: "leg", leg })),
      ...[...session.values()].map((each): Change => ({ type: "session", session: each })),
      ...[...hold.values()].map((each): Change => ({ type: "hold", hold: each })),
      ...[...quarantine.values()].map((each): Change => ({ type: "quarantine", quarantine: each })),
      ...[...semaphore.values()].map((each): Change => ({ type: "semaphore", semaphore: each })),
      ...[...schedule.values()].map((each): Change => ({ type: "schedule", schedule: each })),
      ...[...duration.values()].map((each): Change => ({ type: "duration", duration: each })),
      ...this.oops.map(({ oops }): Change => ({ type: "oops", oops })),
    ];
  }

  forgetTask(id: string): void {
    this.tasks.delete(id);
  }

  forgetOops(ids: ReadonlySet<string>): void {
    for (const id of ids) this.#oopsIds.delete(id);
    const left = this.oops.filter(({ oops }) => !ids.has(oops.id));
    this.oops.splice(0, this.oops.length, ...left);
  }

  #check(changes: readonly StoreChange[]): void {
    const seen = new Map<string, TaskRecord>();
    const ended = new Set<string>();
    const find = (id: string): TaskRecord | undefined => seen.get(id) ?? this.tasks.get(id)?.task;
    const hasEnded = (id: string): boolean => {
      const task = this.tasks.get(id)?.task;
      return ended.has(id) || (task !== undefined && isEndState(task.status.state));
    };
    for (const change of changes) {
      if (change.type === "task.added") {
        const { task } = change;
        if (hasEnded(task.id)) throw invalid(`task "${task.id}" is added, and has ended before`);
        seen.set(task.id, task);
        if (isEndState(task.status.state)) ended.add(task.id);
      } else if (change.type === "task.changed") {
        if (find(change.id) === undefined) throw invalid(`task "${change.id}" changes, and is not stored`);
        if (hasEnded(change.id)) throw invalid(`task "${change.id}" changes, and has ended before`);
        if (isEndState(change.status.state)) ended.add(change.id);
      } else if (change.type === "leg") {
        const { leg } = change;
        const task = find(leg.task);
        if (task === undefined) throw invalid(`there is a leg of task "${leg.task}", which is not stored`);
        if (!task.targets.includes(leg.target))
          throw invalid(`there is a leg on "${leg.target}", which task "${task.id}" does not name`);
      } else if (change.type === "payload" && find(change.task) === undefined) {
        throw invalid(`there is a payload of task "${change.task}", which is not stored`);
      }
    }
  }

  #write(change: StoreChange): void {
    const { items } = this;
    switch (change.type) {
      case "task.added":
        this.#addTask(change.task);
        return;
      case "task.changed": {
        const entry = this.#entry(change.id);
        entry.task = { ...entry.task, status: change.status };
        return;
      }
      case "leg":
        this.#entry(change.leg.task).legs.set(change.leg.target, change.leg);
        return;
      case "payload":
        this.#entry(change.task).payload = change.payload;
        return;
      case "log":
        this.#addLine(change.line);
        return;
      case "oops":
        this.#addOops(change.oops);
        return;
      case "target":
        items.target.set(change.target.id, change.target);
        return;
      case "target.removed":
        items.target.delete(change.id);
        return;
      case "session":
        items.session.set(change.session.id, change.session);
        return;
      case "session.ended":
        items.session.delete(change.id);
        return;
      case "hold":
        items.hold.set(change.hold.id, change.hold);
        return;
      case "hold.ended":
        items.hold.delete(change.id);
        return;
      case "quarantine":
        items.quarantine.set(quarantineKey(change.quarantine), change.quarantine);
        return;
      case "quarantine.ended":
        items.quarantine.delete(quarantineKey(change));
        return;
      case "semaphore":
        items.semaphore.set(change.semaphore.id, change.semaphore);
        return;
      case "semaphore.removed":
        items.semaphore.delete(change.id);
        return;
      case "schedule":
        items.schedule.set(change.schedule.id, change.schedule);
        return;
      case "schedule.removed":
        items.schedule.delete(change.id);
        return;
      case "duration":
        items.duration.set(change.duration.id, change.duration);
        return;
      case "duration.removed":
        items.duration.delete(change.id);
        return;
    }
  }

  #entry(id: string): TaskEntry {
    const entry = this.tasks.get(id);
    if (entry === undefined) throw new Error(`task ${id} was checked and is not there`);
    return entry;
  }

  #addTask(task: TaskRecord): void {
    const known = this.tasks.get(task.id);
    if (known !== undefined) {
      known.task = task;
      return;
    }
    this.#lastTask += 1;
    this.tasks.set(task.id, { task, number: this.#lastTask, legs: new Map(), payload: null, log: [] });
  }

  /** Output comes from outside, also of tasks that are long deleted. */
  #addLine(line: Omit<LogLine, "position">): void {
    const log = this.tasks.get(line.task)?.log;
    if (log === undefined) return;
    const { leg, attempt, number } = line;
    if (log.some((known) => known.leg === leg && known.attempt === attempt && known.number === number))
      return;
    this.#lastLine += 1;
    log.push({ ...line, position: this.#lastLine });
  }

  #addOops(oops: OopsRecord): void {
    if (this.#oopsIds.has(oops.id)) return;
    this.#oopsIds.add(oops.id);
    this.#lastOops += 1;
    this.oops.push({ oops, number: this.#lastOops });
  }
}

/** The legs of a task in the order of its targets. */
export function legsOf({ task, legs }: TaskEntry): LegRecord[] {
  return task.targets.flatMap((target) => legs.get(target) ?? []);
}

export function storedTask(entry: TaskEntry): StoredTask {
  return { task: entry.task, legs: legsOf(entry) };
}

function sortedById<Item extends { readonly id: string }>(items: ReadonlyMap<string, Item>): Item[] {
  return [...items.values()].sort((one, other) => byCodePoints(one.id, other.id));
}

export function byCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function quarantineKey({ target, mutex, token }: { target: string; mutex: string; token: string }): string {
  return `${target}/${mutex}/${token}`;
}

function invalid(message: string): StoreError {
  return new StoreError("commit_invalid", `${message}; nothing of the commit was written`);
}
