import type {
  Counters,
  HoldRecord,
  LiveState,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
  TaskState,
} from "@berth/engine";
import type {
  CommitOutcome,
  EpochStart,
  LogPage,
  NewLogLine,
  OopsQuery,
  OwnerLease,
  Ownership,
  RetentionRule,
  SpaceHistory,
  StageOutcome,
  StoreErrorCode,
  TaskQuery,
} from "../port.ts";
import type { SqliteStoreOptions } from "./index.ts";

/**
 * What the main thread asks of the thread with the database. Records of tasks and legs cross as the JSON text in which
 * they are stored: strings are copied, while objects would be taken apart and built again on both sides.
 */
export interface Requests {
  open(options: SqliteStoreOptions): void;
  close(): void;
  acquire(lease: OwnerLease & { readonly epochAbove?: number }): Ownership | null;
  renew(lease: OwnerLease & { readonly epoch: number }): number | null;
  release(owner: { readonly space: string; readonly owner: string; readonly epoch: number }): void;
  history(space: string): SpaceHistory;
  commit(commit: PackedCommit): CommitOutcome;
  stage(part: PackedPart): StageOutcome;
  liveTasks(space: string, after: LivePosition | null): LiveStep;
  counters(space: string): Counters;
  spaces(): string[];
  tasks(space: string, query: TaskQuery, step: TaskStepRequest): TaskStep;
  taskCounts(space: string): [TaskState, number][];
  payloads(space: string, tasks: readonly string[]): [string, string][];
  digests(space: string, tasks: readonly string[]): [string, { digest: string; state: TaskState }][];
  log(space: string, task: string, after: number, limit: number): LogPage;
  oops(space: string, query: OopsQuery, after: OopsPosition | null): OopsRow[];
  /** JSON texts, in the order of the port. */
  items(space: string, kind: ItemKind): string[];
  /** JSON texts, in the order of the ids, which `after` is one of. */
  durations(space: string, after: string | null): DurationStep;
  /** Deletes at most `limits.tasks` tasks and `limits.oops` OOPS, and no more rows than one step may take. */
  prune(space: string, rule: RetentionRule, limits: PruneLimits): PruneStep;
}

/** The small sets of a space, which are kept alike. */
export interface Items {
  readonly target: TargetRecord;
  readonly session: SessionRecord;
  readonly hold: HoldRecord;
  readonly quarantine: QuarantineRecord;
  readonly semaphore: SemaphoreRecord;
  readonly schedule: ScheduleRecord;
}

export type ItemKind = keyof Items;

/** Durations are kept like the small sets, but there may be many of them for each target. */
export interface DurationStep {
  readonly texts: readonly string[];
  /** `null`: there is nothing more. */
  readonly next: string | null;
}

export interface PackedCommit extends PackedChanges {
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly counters: Counters;
  /** How many staged parts it takes up. */
  readonly parts: number;
  readonly epochsBefore: readonly EpochStart[];
}

export interface PackedPart {
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  readonly part: number;
  readonly changes: PackedChanges;
}

/**
 * Changes with what those of a task come to in one place. Rows are tuples: with the names of their fields they take
 * twice as long to cross.
 */
export interface PackedChanges {
  readonly added: readonly AddedTask[];
  readonly changed: readonly ChangedTask[];
  /** The targets of added tasks that do not have exactly one. */
  readonly targets: readonly (readonly [task: string, targets: readonly string[]])[];
  /** Where added tasks come from, of those that come from another task or a schedule. */
  readonly origins: readonly TaskOrigin[];
  /** Legs besides those in `added` and `changed`. */
  readonly legs: readonly PackedLeg[];
  /** Payloads besides those in `added`. */
  readonly payloads: readonly (readonly [task: string, payload: string])[];
  readonly lines: readonly NewLogLine[];
  readonly items: readonly ItemChange[];
  readonly oops: readonly OopsRecord[];
}

export type AddedTask = readonly [
  id: string,
  kind: string,
  name: string,
  queuedAt: number,
  state: TaskState,
  priority: string,
  startedAt: number | null,
  endedAt: number | null,
  childrenFailed: number,
  /** `null` where it does not have exactly one. */
  target: string | null,
  record: string,
  /** The leg on `target`. */
  leg: string | null,
  payload: string | null,
];

export type TaskOrigin = readonly [task: string, parent: string | null, schedule: string | null];

/** `state: null`: its status stays. `leg`, on `target`: one of its legs, where one changed. */
export type ChangedTask = readonly [
  id: string,
  state: TaskState | null,
  priority: string | null,
  startedAt: number | null,
  endedAt: number | null,
  childrenFailed: number | null,
  target: string | null,
  leg: string | null,
];

export type PackedLeg = readonly [task: string, target: string, leg: string];

/** `item: null`: it has ended. */
export type ItemChange = readonly [kind: ItemKind | "duration", key: string, item: string | null];

/** A stored task as its columns, and its legs where it has several targets. */
export type TaskRow = [
  number: number,
  id: string,
  kind: string,
  name: string,
  queuedAt: number,
  state: string,
  priority: string,
  startedAt: number | null,
  endedAt: number | null,
  childrenFailed: number,
  target: string | null,
  record: string,
  leg: string | null,
];

export interface StoredRow {
  readonly task: TaskRow;
  /** Targets and legs; only where the task has several targets. */
  readonly legs: readonly (readonly [target: string, leg: string])[];
}

export interface LivePosition {
  readonly state: LiveState;
  readonly number: number;
}

export interface LiveStep {
  readonly rows: readonly StoredRow[];
  readonly next: LivePosition | null;
}

export interface TaskStepRequest {
  /** The place of the last task that was looked at, exclusive; `null`: from the start. */
  readonly after: number | null;
  /** The most rows to find. */
  readonly limit: number;
}

/** What was found in a bounded number of rows. `next: null`: there is nothing more to look at. */
export interface TaskStep {
  readonly rows: readonly StoredRow[];
  readonly next: number | null;
}

export interface OopsPosition {
  readonly at: number;
  readonly number: number;
}

export type OopsRow = [number: number, at: number, oops: string];

export interface PruneLimits {
  readonly tasks: number;
  readonly oops: number;
}

export interface PruneStep {
  readonly tasks: number;
  readonly oops: number;
  /** There is more to delete within the limits. */
  readonly more: boolean;
}

export type Request = readonly [id: number, name: keyof Requests, parameters: readonly unknown[]];

export type Answer =
  | readonly [id: number, value: unknown]
  | readonly [id: number, value: undefined, failure: Failure];

export interface Failure {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly cause: string | null;
}
