import type {
  Change,
  Counters,
  HoldRecord,
  LegRecord,
  LiveRecords,
  OopsRecord,
  QuarantineRecord,
  SessionRecord,
  TargetRecord,
  TaskKind,
  TaskRecord,
  TaskState,
} from "@berth/engine";

/**
 * What Berth asks of its memory. Each adapter passes `test/contract/store` against the real thing.
 *
 * A space has one owner at a time. The owner writes in numbered commits; each is whole or not at all. Reads may come
 * from anywhere at any time and see what was committed.
 */
export interface Store {
  /** Idempotent. Resolves when the store answers. Rejects with `StoreError`. */
  start(): Promise<void>;
  /** Idempotent. Resolves when all that was asked for before is answered and everything is closed. */
  stop(): Promise<void>;

  /**
   * Makes `owner` the owner of the space, unless somebody else's lease has not ended: then `null`.
   * The new epoch is `max(stored epoch + 1, at)`: it grows even when the store went backwards.
   */
  acquire(request: OwnerLease): Promise<Ownership | null>;
  /** Lengthens the lease to `at + leaseMs`. `false`: somebody else owns the space, or nobody does. */
  renew(request: OwnerLease & { readonly epoch: number }): Promise<boolean>;
  /** Gives the space up at once, if `owner` still has it in this epoch. */
  release(request: { readonly space: string; readonly owner: string; readonly epoch: number }): Promise<void>;

  /** The whole live state of a space: tasks and legs that have not ended, targets, sessions, holds, quarantines. */
  load(space: string): Promise<LiveRecords>;
  /** Records a batch, whole or not at all. Resolves when it is durable. Rejects with `StoreError` if that is unknown. */
  commit(commit: Commit): Promise<CommitOutcome>;

  /** Names of the spaces that hold anything, in alphabetical order. */
  spaces(): Promise<string[]>;
  task(space: string, id: string): Promise<StoredTask | null>;
  tasks(space: string, query: TaskQuery): Promise<Page<StoredTask>>;
  /** How many tasks there are by state; states without any are left out. */
  taskCounts(space: string): Promise<Partial<Record<TaskState, number>>>;
  /** Payloads by task id; ids without one are left out. */
  payloads(space: string, tasks: readonly string[]): Promise<Map<string, string>>;
  /** Digest and state by task id, of tasks that are stored; others are left out. */
  digests(space: string, tasks: readonly string[]): Promise<Map<string, { digest: string; state: TaskState }>>;
  /** Lines of a task's log in the order in which they were written, after `after` (0: from the start). */
  log(space: string, task: string, query: { readonly after: number; readonly limit: number }): Promise<LogPage>;
  /** Newest first. */
  oops(space: string, query: OopsQuery): Promise<Page<OopsRecord>>;
  /** In alphabetical order. */
  targets(space: string): Promise<TargetRecord[]>;
  /** In the order in which they were opened. */
  sessions(space: string): Promise<SessionRecord[]>;
  /** In the order in which they were placed. */
  holds(space: string): Promise<HoldRecord[]>;
  quarantines(space: string): Promise<QuarantineRecord[]>;

  /**
   * Deletes ended tasks (with legs, payload and log) and OOPS that are older than `before`, then the oldest ended
   * tasks over `endedTasksMax`. Deletes at most `limit` tasks a call, so that nothing is blocked for long.
   * Returns how many tasks and OOPS it deleted; call again until both are 0.
   */
  prune(space: string, rule: RetentionRule): Promise<{ tasks: number; oops: number }>;
}

export interface OwnerLease {
  readonly space: string;
  /** Unique for each life of a dispatcher. */
  readonly owner: string;
  /** The owner's clock, ms. */
  readonly at: number;
  readonly leaseMs: number;
}

export interface Ownership {
  readonly epoch: number;
  /** The number of the last commit of this space; the owner's first one is `sequence + 1`. */
  readonly sequence: number;
}

export interface Commit {
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  /** One more than that of the commit before. */
  readonly sequence: number;
  readonly at: number;
  readonly changes: readonly StoreChange[];
  readonly counters: Counters;
}

export type CommitOutcome =
  | { readonly type: "committed" }
  /** Another owner or another epoch is in the store: nothing was written, and the caller must stop at once. */
  | { readonly type: "deposed" }
  /** The store is not at `sequence - 1`: it lost commits, or has this one already. Nothing was written. */
  | { readonly type: "out-of-sequence"; readonly stored: number };

/** What the engine decided, and what comes with it that the engine does not look at. */
export type StoreChange =
  | Change
  /** JSON text; written once with its task. */
  | { readonly type: "payload"; readonly task: string; readonly payload: string }
  /** Lines of output. The same (leg, attempt, number) again changes nothing. */
  | { readonly type: "log"; readonly line: NewLogLine };

export interface NewLogLine {
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  /** Grows by 1 within an attempt, from 1. */
  readonly number: number;
  /** `berth`: what the system itself says about the attempt. */
  readonly stream: "stdout" | "stderr" | "berth";
  readonly at: number;
  readonly text: string;
}

export interface LogLine extends NewLogLine {
  /** Its position in the task's log; grows, not always by 1. */
  readonly position: number;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Give this as `after` to get what follows. */
  readonly next: number;
}

export interface StoredTask {
  readonly task: TaskRecord;
  readonly legs: readonly LegRecord[];
}

/** Left-out fields do not filter. An empty list matches nothing. */
export interface TaskQuery {
  readonly ids?: readonly string[];
  readonly states?: readonly TaskState[];
  readonly kinds?: readonly TaskKind[];
  readonly name?: string;
  readonly target?: string;
  /** `queuedAt` at or after. */
  readonly queuedFrom?: number;
  /** `queuedAt` before. */
  readonly queuedBefore?: number;
  /** `newest`: by descending order of submit, `oldest`: ascending. */
  readonly sort: "newest" | "oldest";
  /** Opaque, from the page before; `null`: from the start. */
  readonly cursor: string | null;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface OopsQuery {
  readonly id?: string;
  readonly task?: string;
  readonly target?: string;
  readonly from?: number;
  readonly before?: number;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** `null`: there is nothing more. */
  readonly next: string | null;
}

export interface RetentionRule {
  readonly before: number;
  readonly endedTasksMax: number;
  readonly limit: number;
}

export type StoreErrorCode = "store_unreachable" | "store_in_use" | "store_newer_version" | "store_broken" | "cursor_invalid";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
