import type {
  Change,
  Counters,
  HoldRecord,
  LegRecord,
  LiveRecords,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
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
 * from anywhere at any time and see what was committed. A space that nothing was committed to is an empty one.
 */
export interface Store {
  /** Idempotent. Resolves when the store answers. Rejects with `StoreError`; it may then be tried again. */
  start(): Promise<void>;
  /**
   * Idempotent. Resolves when all that was asked for before is answered and everything is closed. What is asked for
   * afterwards, or before `start`, rejects with `store_unreachable`.
   */
  stop(): Promise<void>;

  /**
   * Makes `owner` the owner of the space, unless somebody else's lease has not ended: then `null`.
   * The new epoch is `max(stored epoch + 1, at, epochAbove + 1)`: it grows even when the store went backwards, with each
   * success, also for who owns the space already. `epochAbove`: the greatest epoch that the caller has ever had.
   */
  acquire(request: OwnerLease & { readonly epochAbove?: number }): Promise<Ownership | null>;
  /**
   * Lengthens the lease to `at + leaseMs`; it never shortens it. Resolves with the number of the last commit of the
   * space, so that an owner that has nothing to commit sees a store that went backwards. `null`: somebody else owns the
   * space, or nobody does, or the epoch is another. A lease that has ended is renewed as long as nobody else took the
   * space.
   */
  renew(request: OwnerLease & { readonly epoch: number }): Promise<number | null>;
  /** Gives the space up at once, if `owner` still has it in this epoch. */
  release(request: { readonly space: string; readonly owner: string; readonly epoch: number }): Promise<void>;
  /**
   * Shows whoever waits for a space whether it is free and whether it went backwards, and whoever lost it what its
   * successor started from. Cheap: it is asked a few times a second by each who waits.
   */
  history(space: string): Promise<SpaceHistory>;

  /**
   * The whole live state of a space: tasks that have not ended, and all of their legs, those that have ended too, and
   * durations, in no particular order; all other things as they are listed below. For the owner, while no commit of its
   * own is under way; for anybody else it is of use only where nothing is committed from before until after it.
   */
  load(space: string): Promise<LiveRecords>;
  /**
   * Records a batch, whole or not at all. Resolves when it is durable. It is checked in this order: owner and epoch,
   * sequence, parts, changes. A lease that has ended does not matter as long as nobody else took the space.
   * Rejects with `StoreError`: `commit_invalid` (a defect of the caller; nothing was written), else it is unknown
   * whether it was written, and the same commit again tells: `out-of-sequence` with `stored` equal to its sequence.
   */
  commit(commit: Commit): Promise<CommitOutcome>;
  /**
   * Lays aside a part of a commit that is too large for one request: the whole live state of a space, which its owner
   * writes back into a store that went backwards. Nothing of it can be read, nor is it loaded by anybody, until a commit
   * takes all parts up (`Commit.parts`). Part 1 takes the place of whatever was laid aside before; a new epoch of the
   * space drops all of it. So a write-back that is broken off leaves the space as it was.
   * Rejects as `commit` does. `commit_invalid` of a part may come here, or with the commit that takes it up.
   */
  stage(part: StagedPart): Promise<StageOutcome>;

  /** Names of the spaces that anything was ever committed to, in the order of their code points. */
  spaces(): Promise<string[]>;
  task(space: string, id: string): Promise<StoredTask | null>;
  tasks(space: string, query: TaskQuery): Promise<Page<StoredTask>>;
  /** How many tasks there are by state; states without any are left out. */
  taskCounts(space: string): Promise<Partial<Record<TaskState, number>>>;
  /** Payloads by task id; ids without one are left out. */
  payloads(space: string, tasks: readonly string[]): Promise<Map<string, string>>;
  /** Digest and state by task id, of tasks that are stored; others are left out. */
  digests(
    space: string,
    tasks: readonly string[],
  ): Promise<Map<string, { digest: string; state: TaskState }>>;
  /** Lines of a task's log in the order in which they were written, after `after` (0: from the start). */
  log(
    space: string,
    task: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<LogPage>;
  /** Newest first: by `at`, and of the same `at` the one recorded last. */
  oops(space: string, query: OopsQuery): Promise<Page<OopsRecord>>;
  /** In the order of the code points of their ids. */
  targets(space: string): Promise<TargetRecord[]>;
  /** In the order in which they were opened. */
  sessions(space: string): Promise<SessionRecord[]>;
  /** In the order in which they were placed. */
  holds(space: string): Promise<HoldRecord[]>;
  /** In the order in which they were recorded. */
  quarantines(space: string): Promise<QuarantineRecord[]>;
  /** In the order of the code points of their ids. */
  semaphores(space: string): Promise<SemaphoreRecord[]>;
  /** In the order of the code points of their ids. */
  schedules(space: string): Promise<ScheduleRecord[]>;

  /**
   * Deletes tasks that ended before `before` (with legs, payload and log) and OOPS of before then, and the tasks that
   * ended longest ago of those over `endedTasksMax`. Deletes at most `limit` tasks and as many OOPS a call, oldest
   * first, so that nothing is blocked for long. Returns how many it deleted; call again until both are 0.
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

export interface SpaceHistory {
  /** The number of the last commit; 0 where there is none. */
  readonly sequence: number;
  /** When the lease of its owner ends, by the owner's clock; 0: nobody owns it. */
  readonly leaseUntil: number;
  /** The last epochs, `epochsKept` of them or all there ever were, oldest first. */
  readonly epochs: readonly EpochStart[];
}

export interface EpochStart {
  readonly epoch: number;
  readonly owner: string;
  /** The number of the last commit before it. */
  readonly sequence: number;
}

export const epochsKept = 16;

export interface Commit {
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  /** One more than that of the commit before. */
  readonly sequence: number;
  readonly at: number;
  readonly changes: readonly StoreChange[];
  readonly counters: Counters;
  /**
   * So many parts were staged, and take effect before `changes`, in their order. Together they are the whole live state:
   * targets, sessions, holds, quarantines, semaphores, schedules and durations that they do not bring are gone. Tasks
   * that they do not name, logs and OOPS stay as they are. An adapter may carry it out in steps that readers can see, but
   * nobody can load it half done.
   */
  readonly parts?: number;
  /** With `parts`: in the history these take the place of all epochs before the present one, which may have been lost. */
  readonly epochsBefore?: readonly EpochStart[];
}

/** A part of a commit; see `Store.stage`. */
export interface StagedPart {
  readonly space: string;
  readonly owner: string;
  readonly epoch: number;
  /** From 1, one more than that of the part before. */
  readonly part: number;
  readonly changes: readonly StoreChange[];
}

export type CommitOutcome =
  | { readonly type: "committed" }
  /**
   * Another owner or another epoch is in the store, or no owner: nothing was written, and the caller must stop at once.
   * `epoch` is the greatest that the store knows, 0 where it knows none. Less than that of the commit: the store went
   * backwards, and has lost at least what made the caller the owner.
   */
  | { readonly type: "deposed"; readonly epoch: number }
  /** The store is not at `sequence - 1`: it lost commits, or has this one already. Nothing was written. */
  | { readonly type: "out-of-sequence"; readonly stored: number }
  /** Not exactly the parts that the commit names lie staged. Nothing was written. */
  | { readonly type: "parts-missing"; readonly staged: number };

export type StageOutcome =
  | { readonly type: "staged" }
  /** As for a commit. */
  | { readonly type: "deposed"; readonly epoch: number }
  /** The part staged last is not `part - 1`: some were lost, or this one is there already. */
  | { readonly type: "out-of-sequence"; readonly stored: number };

/**
 * What the engine decided, and what comes with it that the engine does not look at. Changes take effect in their
 * order. Each sets a record as a whole, or ends it; ending what is not there changes nothing. What makes a commit
 * invalid (`commit_invalid`):
 *
 * - `task.changed` of a task that is not stored or has ended: an end state never changes;
 * - `task.added` of a task that has ended. One that is stored and has not ended takes the new record, which is that of
 *   the same task, so that an owner can write its live state back into a store that went backwards;
 * - `leg` and `payload` of a task that is not stored, and a leg on a target that its task does not name.
 *
 * An OOPS whose id is stored is not stored again.
 */
export type StoreChange =
  | Change
  /** JSON text; written once with its task, in the same commit. */
  | { readonly type: "payload"; readonly task: string; readonly payload: string }
  /**
   * A line of output. The same (leg, attempt, number) again changes nothing. Unlike all others it tells of what came
   * from outside, at any time: a line of a task that is not stored (any more) is dropped.
   */
  | { readonly type: "log"; readonly line: NewLogLine };

export interface NewLogLine {
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  /** Grows by 1 within an attempt, from 1. Lines may arrive in another order; none of them is lost. */
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
  /** In the order of the task's targets. */
  readonly legs: readonly LegRecord[];
}

/** Left-out fields do not filter. An empty list matches nothing. */
export interface TaskQuery {
  readonly ids?: readonly string[];
  readonly states?: readonly TaskState[];
  readonly kinds?: readonly TaskKind[];
  readonly name?: string;
  /** Tasks that name this target among theirs. */
  readonly target?: string;
  /** Children of this task. */
  readonly parent?: string;
  /** Tasks that this schedule enqueued. */
  readonly schedule?: string;
  /** `queuedAt` at or after. */
  readonly queuedFrom?: number;
  /** `queuedAt` before. */
  readonly queuedBefore?: number;
  /** `newest`: by descending order of submit (of `task.added`), `oldest`: ascending. */
  readonly sort: "newest" | "oldest";
  /** Opaque, from the page before of the same sort; `null`: from the start. Else `cursor_invalid`. */
  readonly cursor: string | null;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** Left-out fields do not filter. */
export interface OopsQuery {
  readonly id?: string;
  readonly task?: string;
  readonly target?: string;
  readonly fingerprint?: string;
  /** `at` at or after. */
  readonly from?: number;
  /** `at` before. */
  readonly before?: number;
  /** As in `TaskQuery`. */
  readonly cursor: string | null;
  /** 1 to 1,000. */
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

export type StoreErrorCode =
  | "store_unreachable"
  | "store_in_use"
  | "store_newer_version"
  | "store_broken"
  /** The server, or an option, is such that nothing may be relied on. The message says what to do. */
  | "store_misconfigured"
  /** No room is left. Nothing was written; the same again succeeds once there is room. */
  | "store_full"
  | "commit_invalid"
  | "cursor_invalid";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
