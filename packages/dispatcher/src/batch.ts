import type {
  BatchDecisions,
  Change,
  Counters,
  Effect,
  EndedTask,
  OopsRecord,
  TaskState,
} from "@berth/engine";
import type { InboxItem } from "@berth/protocol";
import type { NewLogLine, StoreChange } from "@berth/store";

/** What one batch of the inbox comes to: what the engine decided, and what the engine does not look at. */
export class Batch {
  readonly counters: Counters;
  readonly effects: readonly Effect[];
  /** What has to be remembered of tasks that the engine forgets. */
  readonly ended: readonly EndedTask[];
  /** Sessions that have ended in it. */
  readonly endedSessions: readonly string[];
  /** Targets that were put or removed: their queues follow. */
  readonly targets: readonly { readonly target: string; readonly exists: boolean }[];
  readonly #decided: readonly Change[];
  readonly #payloads: { task: string; payload: string }[] = [];
  readonly #logs: NewLogLine[] = [];
  readonly #decidedOops: OopsRecord[] = [];
  readonly #oops: OopsRecord[] = [];
  readonly #carriedOut: InboxItem[] = [];
  readonly #records: StoreChange[] = [];
  readonly #sessionsToAnswer: string[] = [];

  constructor(decisions: BatchDecisions) {
    this.counters = decisions.counters;
    this.effects = decisions.effects;
    this.ended = decisions.ended;
    this.#decided = decisions.changes;
    const endedSessions: string[] = [];
    const targets: { target: string; exists: boolean }[] = [];
    for (const change of decisions.changes) {
      switch (change.type) {
        case "session.ended":
          endedSessions.push(change.id);
          break;
        case "target":
          targets.push({ target: change.target.id, exists: true });
          break;
        case "target.removed":
          targets.push({ target: change.id, exists: false });
          break;
        case "oops":
          this.#decidedOops.push(change.oops);
          break;
        default:
      }
    }
    this.endedSessions = endedSessions;
    this.targets = targets;
  }

  addPayload(task: string, payload: string): void {
    this.#payloads.push({ task, payload });
  }

  addLog(line: NewLogLine): void {
    this.#logs.push(line);
  }

  /** An OOPS that no attempt made. */
  addOops(oops: OopsRecord): void {
    this.#oops.push(oops);
  }

  /** It was not refused, so that whoever sent it relies on it. */
  addCarriedOut(item: InboxItem): void {
    this.#carriedOut.push(item);
  }

  get carriedOut(): readonly InboxItem[] {
    return this.#carriedOut;
  }

  /** It is told whether it is open: its queue must be there. */
  addSessionToAnswer(session: string): void {
    this.#sessionsToAnswer.push(session);
  }

  get sessionsToAnswer(): readonly string[] {
    return this.#sessionsToAnswer;
  }

  /** What a former owner tells of tasks that the space does not know. */
  addRecords(changes: readonly StoreChange[]): void {
    this.#records.push(...changes);
  }

  /** What to commit. */
  changes(): readonly StoreChange[] {
    const changes: StoreChange[] = [...this.#decided, ...this.#records];
    for (const { task, payload } of this.#payloads) changes.push({ type: "payload", task, payload });
    for (const line of this.#logs) changes.push({ type: "log", line });
    for (const oops of this.#oops) changes.push({ type: "oops", oops });
    return changes;
  }

  /** Calls `tell` for each task that changed, with the state in which it is now. */
  eachChangedTask(tell: (task: string, state: TaskState) => void): void {
    for (const change of this.#decided) {
      if (change.type === "task.added") tell(change.task.id, change.task.status.state);
      else if (change.type === "task.changed") tell(change.id, change.status.state);
    }
  }

  /** Lines of output that came with the batch. */
  get logs(): readonly NewLogLine[] {
    return this.#logs;
  }

  get allOops(): readonly OopsRecord[] {
    return [...this.#oops, ...this.#decidedOops];
  }
}
