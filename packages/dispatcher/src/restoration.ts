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
    this.#summary = { liveTasks: 0, endedTasks: 0, payloadsLost: 0, resultsLost: 0 };
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
    const known = [...live, ...ended.flatMap(({ task, whole }) => task ?? whole?.task ?? [])];
    known.sort((one, other) => one.order - other.order);
    for (const chunk of chunksOf(known)) yield await this.#additionsOf(chunk);
    this.#summary.liveTasks = live.length;
  }

  async *#legs(): AsyncGenerator<readonly StoreChange[]> {
    for (const chunk of chunksOf(this.#records.legs)) {
      yield chunk.filter((leg) => !this.#hasEnded(leg.task)).map(legChange);
    }
  }

  /** What has ended is added where the store has nothing of it. What it has as alive ends later. */
  async #additionsOf(tasks: readonly TaskRecord[]): Promise<StoreChange[]> {
    const isUnsure = ({ id }: TaskRecord): boolean => this.#hasEnded(id) || this.#payloadOf(id) === null;
    const stored = await this.#storedOf(tasks.filter(isUnsure));
    return tasks.flatMap((task) => {
      const trace = this.#traces.get(task.id);
      const payload = this.#payloadOf(task.id);
      if (trace === undefined || !hasEnded(trace)) {
        // The payload of a task is stored with it.
        if (payload === null && !stored.has(task.id)) this.#summary.payloadsLost += 1;
        return addition(task, [], payload);
      }
      if (stored.has(task.id)) return [];
      this.#summary.endedTasks += 1;
      return addition({ ...task, status: trace.status }, legsOf(trace), payload);
    });
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

  /** What the store has as alive, and memory has not. */
  async *#staleTasks(): AsyncGenerator<readonly StoreChange[]> {
    const { store, space, engine, at } = this.#source;
    let cursor: string | null = null;
    do {
      const query = { states: liveStates, sort: "oldest", cursor, limit: chunkSize } as const;
      const page: Awaited<ReturnType<Store["tasks"]>> = await store.tasks(space, query);
      const stale = page.items.filter(({ task }) => !engine.isAlive(task.id) || this.#hasEnded(task.id));
      yield stale.flatMap((stored) => this.#endOf(stored, at));
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Where nobody knows how it ended, only that it did: that is no success, and it must not run again. */
  #endOf({ task, legs }: StoredTask, at: number): StoreChange[] {
    const trace = this.#traces.get(task.id);
    const isKnown = trace !== undefined && hasEnded(trace);
    this.#summary[isKnown ? "endedTasks" : "resultsLost"] += 1;
    const unknown = { state: "failed", endedAt: at } as const;
    const status = isKnown ? trace.status : { ...task.status, ...unknown };
    const reason = "it had ended; its result is lost, because the store went backwards";
    const known = new Map(isKnown ? legsOf(trace).map((leg) => [leg.target, leg]) : []);
    const ends = legs
      .filter(({ state }) => !isEndState(state))
      .map((leg) => ({ ...leg, ...unknown, session: null, readyAt: null, reason }));
    return [
      { type: "task.changed", id: task.id, status },
      ...ends.map((leg) => legChange(known.get(leg.target) ?? leg)),
    ];
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

/** As they were changed last, and those that had ended before. */
function legsOf({ legs, whole }: TaskTrace): LegRecord[] {
  const before = whole?.legs.filter(({ target }) => !legs.has(target)) ?? [];
  return [...before, ...legs.values()];
}

function addition(task: TaskRecord, legs: readonly LegRecord[], payload: string | null): StoreChange[] {
  const changes: StoreChange[] = [{ type: "task.added", task }, ...legs.map(legChange)];
  if (payload !== null) changes.push({ type: "payload", task: task.id, payload });
  return changes;
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
