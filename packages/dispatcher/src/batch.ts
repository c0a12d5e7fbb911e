import type { Change, Counters, Decisions, Effect, OopsRecord, TaskRecord, TaskState } from "@berth/engine";
import type { NewLogLine, StoreChange } from "@berth/store";

type TaskAdded = Extract<Change, { type: "task.added" }>;
type TaskChanged = Extract<Change, { type: "task.changed" }>;
type LegChange = Extract<Change, { type: "leg" }>;

/**
 * What the commands of one batch decided, gathered for one commit. What changed several times in the batch is written
 * once, as it is at the end of it.
 */
export class Batch {
  readonly effects: Effect[] = [];
  #counters: Counters;
  readonly #others: StoreChange[] = [];
  readonly #tasks = new Map<string, TaskAdded | TaskChanged>();
  readonly #legs = new Map<string, LegChange>();
  readonly #payloads: StoreChange[] = [];
  readonly #logs: NewLogLine[] = [];

  /** `counters`: those of the commit before. */
  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get counters(): Counters {
    return this.#counters;
  }

  add(decisions: Decisions): void {
    this.#counters = decisions.counters;
    for (const change of decisions.changes) this.#addChange(change);
    for (const effect of decisions.effects) this.effects.push(effect);
  }

  #addChange(change: Change): void {
    switch (change.type) {
      case "leg":
        this.#legs.set(change.leg.id, change);
        return;
      case "task.added":
        this.#tasks.set(change.task.id, change);
        return;
      case "task.changed":
        this.#changeTask(change);
        return;
      default:
        this.#others.push(change);
    }
  }

  #changeTask(change: TaskChanged): void {
    const known = this.#tasks.get(change.id);
    if (known?.type !== "task.added") {
      this.#tasks.set(change.id, change);
      return;
    }
    const task: TaskRecord = { ...known.task, status: change.status };
    this.#tasks.set(change.id, { type: "task.added", task });
  }

  addPayload(task: string, payload: string): void {
    this.#payloads.push({ type: "payload", task, payload });
  }

  addLog(line: NewLogLine): void {
    this.#logs.push(line);
  }

  addOops(oops: OopsRecord): void {
    this.#others.push({ type: "oops", oops });
  }

  /** Tasks that changed, each with the state it is in at the end of the batch. */
  *changedTasks(): Generator<{ task: string; state: TaskState }> {
    for (const [task, change] of this.#tasks) {
      const status = change.type === "task.added" ? change.task.status : change.status;
      yield { task, state: status.state };
    }
  }

  /** Lines of output that came with the batch. */
  get logs(): readonly NewLogLine[] {
    return this.#logs;
  }

  /** Changes of anything but tasks and legs. */
  get others(): readonly StoreChange[] {
    return this.#others;
  }

  /** What to commit: targets and sessions before the tasks and legs that name them. */
  changes(): readonly StoreChange[] {
    const changes = [...this.#others];
    for (const change of this.#tasks.values()) changes.push(change);
    for (const change of this.#legs.values()) changes.push(change);
    for (const change of this.#payloads) changes.push(change);
    for (const line of this.#logs) changes.push({ type: "log", line });
    return changes;
  }
}
