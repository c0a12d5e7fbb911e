import {
  type Change,
  type Counters,
  type Engine,
  isEndState,
  type LegRecord,
  type LiveRecords,
  type TaskRecord,
} from "@berth/engine";
import { TaskState } from "@berth/protocol";
import type { Store, StoreChange, StoredTask } from "@berth/store";
import type { Payloads } from "./payloads.ts";
import type { RecentCommit } from "./recent-commits.ts";
import { hasEnded, type TaskTrace, tracesIn } from "./task-traces.ts";
import type { Restored } from "./written-back.ts";

export interface RestorationSource {
  readonly store: Store;
  readonly space: string;
  readonly engine: Engine;
  readonly payloads: Payloads;
  /** The last ones, oldest first. */
  readonly commits: readonly RecentCommit[];
  readonly at: number;
}

/** Tasks that are looked at together. */
const chunkSize = 500;
/** A part is full when it has so many changes, or so long texts. */
const partChangesMax = 1000;
const partTextMax = 2 * 1024 * 1024;

/**
 * All that a store must have which lost more than the last commits: the live state as the engine has it, the tasks that
 * ended lately, and an end for those that the store, as it was, still has as alive. Nothing may be decided meanwhile.
 */
export class Restoration {
  readonly counters: Counters;
  /** Tasks that live in memory although they have ended. They are written as ended. */
  readonly revived: readonly string[];
  readonly #source: RestorationSource;
  readonly #records: LiveRecords;
  /** Tasks that the commits name. */
  readonly #traces: ReadonlyMap<string, TaskTrace>;
  readonly #summary: { -readonly [Name in keyof Restored]: number };

  constructor(source: RestorationSource) {
    this.#source = source;
    this.#records = source.engine.records();
    this.counters = this.#records.counters;
    this.#traces = tracesIn(source.commits);
    this.revived = [...this.#traces.keys()].filter((id) => this.#hasEnded(id) && source.engine.isAlive(id));
    this.#summary = { liveTasks: 0, endedTasks: 0, payloadsLost: 0, endedTasksLost: 0, resultsLost: 0 };
  }

  /** What was written, once all parts are. */
  get summary(): Restored {
    return this.#summary;
  }

  /** The changes in their order, in parts of bounded size; at least one. */
  async *parts(): AsyncGenerator<StoreChange[]> {
    let part: StoreChange[] = [];
    let text = 0;
    for await (const group of this.#groups()) {
      for (const change of group) {
        part.push(change);
        text += textLength(change);
        if (part.length < partChangesMax && text < partTextMax) continue;
        yield part;
        part = [];
        text = 0;
      }
    }
    yield part;
  }

  async *#groups(): AsyncGenerator<readonly StoreChange[]> {
    yield itemsOf(this.#records);
    yield* this.#tasks();
    yield* this.#legs();
    yield* this.#staleTasks();
    for (const { changes } of this.#source.commits) {
      yield changes.filter(({ type }) => type === "log" || type === "oops");
    }
  }

  #hasEnded(id: string): boolean {
    const trace = this.#traces.get(id);
    return trace !== undefined && hasEnded(trace);
  }

  /** In the order in which they were submitted, in which stores list them. */
  async *#tasks(): AsyncGenerator<readonly StoreChange[]> {
    const live = this.#records.tasks.filter(({ id }) => !this.#hasEnded(id));
    const ended = [...this.#traces.values()].filter(hasEnded);
    const known = [...live, ...ended.flatMap(({ task }) => task ?? [])];
    known.sort((one, other) => one.order - other.order);
    for (const chunk of chunksOf(known)) yield await this.#changesOf(chunk);
    const unknown = ended.filter(({ task }) => task === null);
    for (const chunk of chunksOf(unknown)) yield await this.#endsOf(chunk);
    this.#summary.liveTasks = live.length;
  }

  async *#legs(): AsyncGenerator<readonly StoreChange[]> {
    for (const chunk of chunksOf(this.#records.legs)) {
      yield chunk.filter((leg) => !this.#hasEnded(leg.task)).map(legChange);
    }
  }

  async #changesOf(tasks: readonly TaskRecord[]): Promise<StoreChange[]> {
    const withoutPayload = tasks.filter(({ id }) => !this.#hasEnded(id) && this.#payloadOf(id) === null);
    const ended = tasks.filter(({ id }) => this.#hasEnded(id));
    const stored = await this.#storedOf([...withoutPayload, ...ended]);
    // The payload of a task is stored with it.
    this.#summary.payloadsLost += withoutPayload.filter(({ id }) => !stored.has(id)).length;
    return tasks.flatMap((task) => {
      const trace = this.#traces.get(task.id);
      if (trace !== undefined && hasEnded(trace)) return this.#endOf(trace, stored);
      const payload = this.#payloadOf(task.id);
      const added: StoreChange = { type: "task.added", task };
      return payload === null ? [added] : [added, { type: "payload", task: task.id, payload }];
    });
  }

  async #endsOf(traces: readonly TaskTrace[]): Promise<StoreChange[]> {
    const stored = await this.#storedOf(traces);
    return traces.flatMap((trace) => this.#endOf(trace, stored));
  }

  #endOf(trace: TaskTrace, stored: Awaited<ReturnType<Store["digests"]>>): StoreChange[] {
    const state = stored.get(trace.id)?.state;
    if (state !== undefined && isEndState(state)) return [];
    const changes = endOf(trace, state !== undefined);
    this.#summary[changes.length > 0 ? "endedTasks" : "endedTasksLost"] += 1;
    return changes;
  }

  async #storedOf(tasks: readonly { readonly id: string }[]): ReturnType<Store["digests"]> {
    if (tasks.length === 0) return new Map();
    const { store, space } = this.#source;
    return await store.digests(
      space,
      tasks.map(({ id }) => id),
    );
  }

  #payloadOf(task: string): string | null {
    return this.#source.payloads.kept(task) ?? this.#traces.get(task)?.payload ?? null;
  }

  /** What the store has as alive and memory has not: it ended so long ago that its end is in no recent commit. */
  async *#staleTasks(): AsyncGenerator<readonly StoreChange[]> {
    const { store, space, engine, at } = this.#source;
    let cursor: string | null = null;
    do {
      const query = { states: liveStates, sort: "oldest", cursor, limit: chunkSize } as const;
      const page: Awaited<ReturnType<Store["tasks"]>> = await store.tasks(space, query);
      const stale = page.items.filter(({ task }) => !engine.isAlive(task.id) && !this.#hasEnded(task.id));
      yield stale.flatMap((task) => unknownEndOf(task, at));
      this.#summary.resultsLost += stale.length;
      cursor = page.next;
    } while (cursor !== null);
  }
}

const liveStates = TaskState.options.filter((state) => !isEndState(state));

type ItemName = Exclude<keyof LiveRecords, "tasks" | "legs" | "counters">;

/** Each small set of a space, as changes. */
const itemChanges: { readonly [Name in ItemName]: (item: LiveRecords[Name][number]) => Change } = {
  targets: (target) => ({ type: "target", target }),
  sessions: (session) => ({ type: "session", session }),
  holds: (hold) => ({ type: "hold", hold }),
  quarantines: (quarantine) => ({ type: "quarantine", quarantine }),
  semaphores: (semaphore) => ({ type: "semaphore", semaphore }),
  schedules: (schedule) => ({ type: "schedule", schedule }),
  durations: (duration) => ({ type: "duration", duration }),
};

function itemsOf(records: LiveRecords): Change[] {
  const changesOf = <Name extends ItemName>(name: Name): Change[] => {
    const items: readonly LiveRecords[Name][number][] = records[name];
    return items.map((item) => itemChanges[name](item));
  };
  return (Object.keys(itemChanges) as ItemName[]).flatMap((name) => changesOf(name));
}

/** Nothing where the task would have to be added, and its record is not known. */
function endOf({ id, task, status, legs, payload }: TaskTrace, isStored: boolean): StoreChange[] {
  if (status === null || (task === null && !isStored)) return [];
  const changes: StoreChange[] = [];
  if (task === null) changes.push({ type: "task.changed", id, status });
  else changes.push({ type: "task.added", task: { ...task, status } });
  for (const leg of legs.values()) changes.push(legChange(leg));
  if (payload !== null) changes.push({ type: "payload", task: id, payload });
  return changes;
}

/** Nobody knows how it ended, only that it did: that is no success, and it must not run again. */
function unknownEndOf({ task, legs }: StoredTask, at: number): StoreChange[] {
  const end = { state: "failed", endedAt: at } as const;
  const reason = "it had ended; its result is lost, because the store went backwards";
  return [
    { type: "task.changed", id: task.id, status: { ...task.status, ...end } },
    ...legs
      .filter(({ state }) => !isEndState(state))
      .map((leg) => legChange({ ...leg, ...end, session: null, readyAt: null, reason })),
  ];
}

function legChange(leg: LegRecord): StoreChange {
  return { type: "leg", leg };
}

function textLength(change: StoreChange): number {
  if (change.type === "payload") return change.payload.length;
  return change.type === "log" ? change.line.text.length : 0;
}

function* chunksOf<Item>(list: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < list.length; from += chunkSize) yield list.slice(from, from + chunkSize);
}
