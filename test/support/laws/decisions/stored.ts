// A store in memory: what becomes of records when the changes of an engine are written down, and nothing else is known.
import type {
  Change,
  Decisions,
  DurationRecord,
  HoldRecord,
  LegRecord,
  LiveRecords,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
  TaskRecord,
} from "@berth/engine";
import { isEndState } from "@berth/engine";

/** Whoever names a target serves it, unless its users are others. */
export function mayServe({ targets, user }: SessionRecord, stored: StoredRecords, target: string): boolean {
  const users = stored.targets.get(target)?.users ?? [];
  return targets.includes(target) && (user === null || users.length === 0 || users.includes(user));
}

export class StoredRecords {
  /** All that was ever stored, the ended ones too. */
  readonly tasks: Map<string, TaskRecord> = new Map();
  readonly legs: Map<string, LegRecord> = new Map();
  readonly oopses: Map<string, OopsRecord> = new Map();
  readonly targets: Map<string, TargetRecord> = new Map();
  readonly sessions: Map<string, SessionRecord> = new Map();
  readonly holds: Map<string, HoldRecord> = new Map();
  /** By token. */
  readonly quarantines: Map<string, QuarantineRecord> = new Map();
  readonly semaphores: Map<string, SemaphoreRecord> = new Map();
  readonly schedules: Map<string, ScheduleRecord> = new Map();
  readonly durations: Map<string, DurationRecord> = new Map();
  counters: LiveRecords["counters"] = { order: 0, token: 0 };

  write(decisions: Decisions): void {
    // As a store does: what is kept cannot change with what the engine goes on with.
    this.record(structuredClone(decisions.changes), { ...decisions.counters });
  }

  /** Takes changes that nobody else has any more. */
  record(changes: readonly Change[], counters: LiveRecords["counters"]): void {
    for (const change of changes) this.#write(change);
    this.counters = counters;
  }

  /** As a store that has lost everything. */
  clear(): void {
    for (const records of [this.tasks, this.legs, this.oopses]) records.clear();
    this.clearItems();
  }

  /** The small sets, which an owner that writes its state back brings as a whole. */
  clearItems(): void {
    const { targets, sessions, holds, quarantines, semaphores, schedules, durations } = this;
    for (const items of [targets, sessions, holds, quarantines, semaphores, schedules, durations])
      items.clear();
  }

  #write(change: Change): void {
    switch (change.type) {
      case "task.added":
        this.tasks.set(change.task.id, change.task);
        return;
      case "task.changed": {
        const task = this.tasks.get(change.id);
        if (task === undefined) throw new Error(`task ${change.id} changed before it was added`);
        this.tasks.set(task.id, { ...task, status: change.status });
        return;
      }
      case "leg":
        this.legs.set(change.leg.id, change.leg);
        return;
      case "target":
        this.targets.set(change.target.id, change.target);
        return;
      case "target.removed":
        this.targets.delete(change.id);
        return;
      case "session":
        this.sessions.set(change.session.id, change.session);
        return;
      case "session.ended":
        this.sessions.delete(change.id);
        return;
      case "hold":
        this.holds.set(change.hold.id, change.hold);
        return;
      case "hold.ended":
        this.holds.delete(change.id);
        return;
      case "quarantine":
        this.quarantines.set(change.quarantine.token, change.quarantine);
        return;
      case "quarantine.ended":
        this.quarantines.delete(change.token);
        return;
      case "semaphore":
        this.semaphores.set(change.semaphore.id, change.semaphore);
        return;
      case "semaphore.removed":
        this.semaphores.delete(change.id);
        return;
      case "schedule":
        this.schedules.set(change.schedule.id, change.schedule);
        return;
      case "schedule.removed":
        this.schedules.delete(change.id);
        return;
      case "duration":
        this.durations.set(change.duration.id, change.duration);
        return;
      case "duration.removed":
        this.durations.delete(change.id);
        return;
      case "oops":
        this.oopses.set(change.oops.id, change.oops);
        return;
    }
  }

  /** What an engine can go on from. */
  live(): LiveRecords {
    return {
      tasks: [...this.tasks.values()].filter(({ status }) => !isEndState(status.state)),
      legs: [...this.legs.values()].filter((leg) => !isEndState(this.taskOf(leg).status.state)),
      targets: [...this.targets.values()],
      sessions: [...this.sessions.values()],
      holds: [...this.holds.values()],
      quarantines: [...this.quarantines.values()],
      semaphores: [...this.semaphores.values()],
      schedules: [...this.schedules.values()],
      durations: [...this.durations.values()],
      counters: this.counters,
    };
  }

  liveLegs(): LegRecord[] {
    return [...this.legs.values()].filter(({ state }) => !isEndState(state));
  }

  taskOf(leg: LegRecord): TaskRecord {
    const task = this.tasks.get(leg.task);
    if (task === undefined) throw new Error(`leg ${leg.id} is stored without its task`);
    return task;
  }
}

/** What the latest took, as it is expected of the next: the 95th percentile by the nearest rank. */
export function percentile({ seconds }: DurationRecord): number {
  const sorted = seconds.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

/**
 * The same for the same records in any order. (Their fields always come in one order.) Durations are stored only when
 * what is expected changes, so only that has to be the same.
 */
export function canonical(records: LiveRecords): string {
  const { counters, durations, ...others } = records;
  const expected = durations.map((record) => ({ ...record, seconds: percentile(record) }));
  const lists = { ...others, durations: expected };
  const sorted = Object.entries(lists).flatMap(([name, list]) => [
    name,
    ...list.map((record) => JSON.stringify(record)).sort(),
  ]);
  return [...sorted, JSON.stringify(counters)].join("\n");
}
