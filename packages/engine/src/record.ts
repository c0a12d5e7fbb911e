import type { HoldScope } from "./command.ts";
import type { TaskPlan } from "./plan.ts";
import type { TargetPolicy } from "./policy.ts";
import type { ScheduleSpec } from "./schedule-spec.ts";
import type { EndState, LegState, Mode, PriorityClass, TaskKind, TaskState } from "./words.ts";

/** What the store keeps of a task, without its payload. */
export interface TaskRecord {
  readonly id: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly targets: readonly string[];
  readonly mutex: string;
  readonly digest: string;
  /** Its place among the tasks of its priority class; grows with every submit of the space. */
  readonly order: number;
  readonly queuedAt: number;
  readonly notBefore: number | null;
  readonly queueExpiresAt: number | null;
  readonly timeoutMs: number | null;
  readonly estimateMs: number | null;
  readonly cancelGraceMs: number | null;
  readonly plan: TaskPlan | null;
  /** The schedule that enqueued it. */
  readonly schedule: string | null;
  readonly status: TaskStatus;
}

/** The part of a task that changes. */
export interface TaskStatus {
  readonly state: TaskState;
  readonly priority: PriorityClass;
  /** When its first leg started for the first time. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Children that ended other than `succeeded`. */
  readonly childrenFailed: number;
}

export interface CancelRecord {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** Past this the leg is ended without the tentacle, and its slot is quarantined. */
  readonly deadlineAt: number;
  /** What the leg ends as. `failed`: it was cancelled because its attempt timed out. */
  readonly endsAs: "canceled" | "failed";
}

/** What the store keeps of a leg: all of it is needed to go on after a crash. */
export interface LegRecord {
  readonly id: string;
  readonly task: string;
  readonly target: string;
  readonly mode: Mode;
  readonly state: LegState;
  /** The number of the latest attempt; 0 before the first grant. */
  readonly attempt: number;
  /** Failed attempts since it was submitted or last released. */
  readonly failures: number;
  /** The token of the latest grant. */
  readonly token: string | null;
  /** Who holds the grant; `null` while nobody has claimed it. */
  readonly session: string | null;
  /** It does not start before this: `notBefore` or the back-off of a retry. */
  readonly readyAt: number | null;
  readonly grantedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
  /** Why it is in this state, for people. */
  readonly reason: string | null;
  readonly cancel: CancelRecord | null;
  /** The leg whose run answers for this one too (coalesced health checks). */
  readonly joined: string | null;
  /** The step that is next or under way, from 0. */
  readonly step: number;
  /** Of the last time it was parked; stays when it is released, until it ends. */
  readonly parking: ParkingRecord | null;
}

/** Why a leg was parked. */
export interface ParkingRecord {
  /** `failures`: its attempts are used up; a new version of the tentacle may do better. `decision`: only a person can tell. */
  readonly for: "failures" | "decision";
  /** Of the last failure: what makes two of them the same problem. */
  readonly fingerprint: string;
  /** Versions of tentacles with which it was parked for its failures. */
  readonly versions: readonly string[];
  /** Of the attempt whose result nobody knows. */
  readonly token: string | null;
}

export interface TargetRecord {
  readonly id: string;
  readonly policy: TargetPolicy;
  readonly tags: readonly string[];
  /** Users of the broker that may speak for it; empty: nobody was named. */
  readonly users: readonly string[];
}

export interface SessionRecord {
  readonly id: string;
  readonly tentacle: string;
  readonly version: string;
  readonly targets: readonly string[];
  readonly capacity: number;
  readonly openedAt: number;
  readonly draining: boolean;
  /** The user of the broker that opened it; `null`: nobody vouched for it. */
  readonly user: string | null;
}

export interface HoldRecord {
  readonly id: string;
  readonly scope: HoldScope;
  readonly owner: string;
  readonly reason: string;
  readonly placedAt: number;
  readonly from: number;
  readonly until: number | null;
  readonly longerThanMs: number | null;
}

/** A semaphore whose limit somebody has set. */
export interface SemaphoreRecord {
  readonly id: string;
  readonly limit: number;
}

export interface ScheduleRecord extends ScheduleSpec {
  readonly id: string;
  /** When it enqueues next; `null`: never again. */
  readonly nextAt: number | null;
  /** The task that it enqueued last. */
  readonly lastTask: string | null;
}

/** How long the latest attempts of this kind, name, target and step took. */
export interface DurationRecord {
  /** Unique for the other four. */
  readonly id: string;
  readonly target: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly step: number;
  /** Whole seconds, oldest first. */
  readonly seconds: readonly number[];
}

/** A slot kept shut: the attempt with this token was given up, and may still be running. */
export interface QuarantineRecord {
  readonly target: string;
  readonly mutex: string;
  readonly leg: string;
  readonly token: string;
  readonly session: string;
  readonly tentacle: string;
  readonly since: number;
}

/** The record of one failure to process a task. */
export interface OopsRecord {
  readonly id: string;
  readonly type: string;
  readonly value: string;
  readonly text: string | null;
  readonly at: number;
  readonly task: string | null;
  readonly leg: string | null;
  readonly attempt: number | null;
  readonly token: string | null;
  readonly kind: TaskKind | null;
  readonly name: string | null;
  readonly target: string | null;
  readonly session: string | null;
  readonly tentacle: string | null;
  /** What makes two OOPS the same problem; `null` where no attempt made it. */
  readonly fingerprint: string | null;
  /** The version of the tentacle that failed. */
  readonly version: string | null;
  readonly grantedAt: number | null;
  readonly startedAt: number | null;
  /** What became of the leg. */
  readonly consequence: "retry" | "parked" | EndState | null;
}

/** Numbers that never go back, in the store with every commit. */
export interface Counters {
  readonly order: number;
  readonly token: number;
}

/**
 * All that is needed to go on where the last owner of a space stopped. Ended tasks are not part of it; of a task that has
 * not ended, all legs are, those that have ended too.
 */
export interface LiveRecords {
  readonly tasks: readonly TaskRecord[];
  readonly legs: readonly LegRecord[];
  readonly targets: readonly TargetRecord[];
  readonly sessions: readonly SessionRecord[];
  readonly holds: readonly HoldRecord[];
  readonly quarantines: readonly QuarantineRecord[];
  readonly semaphores: readonly SemaphoreRecord[];
  readonly schedules: readonly ScheduleRecord[];
  readonly durations: readonly DurationRecord[];
  readonly counters: Counters;
}
