import type { TaskPlan } from "./plan.ts";
import type { TargetPolicy } from "./policy.ts";
import type { ScheduleSpec } from "./schedule-spec.ts";
import type { PriorityClass, TaskKind } from "./words.ts";

/** Every command brings the time, an id and its randomness, so that applying it is a pure function of the state. */
interface CommandBase {
  /**
   * Unique; names the command in answers and findings. What a repetition does is told by what it is about: the id of a
   * task or a hold, the token of a report, the id of a session.
   */
  readonly id: string;
  /** When it is applied: ms since 1970. Never less than that of the command before. */
  readonly at: number;
  /** The only source of chance, in [0, 1). Jitter of back-off is drawn from it. */
  readonly random: number;
}

/** A task as it is asked for. The payload (script, variables' values) stays outside of the engine. */
export interface TaskRequest {
  readonly id: string;
  readonly kind: TaskKind;
  readonly name: string;
  /** The targets, one leg each. */
  readonly targets: readonly string[];
  readonly mutex: string;
  readonly priority: PriorityClass;
  /** Read for the mode only, and not kept. */
  readonly variables: Readonly<Record<string, string>>;
  /** Tells equal requests from different ones under one id, and equal health checks from different ones. */
  readonly digest: string;
  readonly notBefore: number | null;
  readonly queueExpiresAt: number | null;
  readonly timeoutMs: number | null;
  readonly estimateMs: number | null;
  readonly cancelGraceMs: number | null;
  /** `null`: nothing but one target, or several on their own. */
  readonly plan: TaskPlan | null;
}

export interface SubmitCommand extends CommandBase {
  readonly type: "submit";
  readonly task: TaskRequest;
  /** What the store knows of this id, where the task has ended and so is no longer in memory. */
  readonly ended: { readonly digest: string } | null;
}

export interface CancelCommand extends CommandBase {
  readonly type: "cancel";
  readonly task: string;
  readonly by: string;
  readonly reason: string;
}

export interface PrioritizeCommand extends CommandBase {
  readonly type: "prioritize";
  readonly task: string;
  readonly priority: PriorityClass;
}

/** Puts a parked task back in line, at its old place, with all its attempts. */
export interface ReleaseCommand extends CommandBase {
  readonly type: "release";
  readonly task: string;
  readonly by: string;
}

/** Ends a parked task as canceled. */
export interface DiscardCommand extends CommandBase {
  readonly type: "discard";
  readonly task: string;
  readonly by: string;
  readonly reason: string;
}

/** A person says how a parked task ended, e.g. after a look at the machine. */
export interface DecideCommand extends CommandBase {
  readonly type: "decide";
  readonly task: string;
  readonly result: "succeeded" | "failed";
  readonly by: string;
  /** Not empty: whoever reads the result later has to know what it rests on. */
  readonly reason: string;
}

/** Sets how many permits a semaphore has; `null`: as if nobody had ever set it. */
export interface PutSemaphoreCommand extends CommandBase {
  readonly type: "semaphore.put";
  readonly semaphore: string;
  /** 0 or more. */
  readonly limit: number | null;
}

/** Creates a schedule or changes it. */
export interface PutScheduleCommand extends CommandBase {
  readonly type: "schedule.put";
  readonly schedule: string;
  readonly spec: ScheduleSpec;
}

/** Tasks that it has enqueued go on. */
export interface RemoveScheduleCommand extends CommandBase {
  readonly type: "schedule.remove";
  readonly schedule: string;
}

export interface PutTargetCommand extends CommandBase {
  readonly type: "target.put";
  readonly target: string;
  readonly policy: TargetPolicy;
  readonly tags: readonly string[];
  /** Users of the broker that may speak for it; empty: nobody is named. */
  readonly users: readonly string[];
}

export interface RemoveTargetCommand extends CommandBase {
  readonly type: "target.remove";
  readonly target: string;
}

/** An empty list of a scope means all; a leg is covered when every list covers it. */
export interface HoldScope {
  readonly kinds: readonly TaskKind[];
  readonly names: readonly string[];
  readonly targets: readonly string[];
  readonly tags: readonly string[];
}

export interface PlaceHoldCommand extends CommandBase {
  readonly type: "hold.place";
  readonly hold: string;
  readonly scope: HoldScope;
  readonly owner: string;
  readonly reason: string;
  /** `null`: from now on. */
  readonly from: number | null;
  /** `null`: until it is lifted. */
  readonly until: number | null;
  /** It stops only what takes longer than this, ms; `null`: everything. */
  readonly longerThanMs: number | null;
}

export interface LiftHoldCommand extends CommandBase {
  readonly type: "hold.lift";
  readonly hold: string;
  readonly by: string;
}

/** An operator says that what was quarantined has ended. */
export interface ReleaseQuarantineCommand extends CommandBase {
  readonly type: "quarantine.release";
  readonly target: string;
  readonly mutex: string;
  readonly by: string;
}

export interface OpenSessionCommand extends CommandBase {
  readonly type: "session.open";
  readonly session: string;
  /** The user of the broker that sent it; `null`: nobody vouches for it. */
  readonly user: string | null;
  readonly tentacle: string;
  readonly version: string;
  readonly targets: readonly string[];
  /** How many slot-holding attempts it takes at once, 1 or more. Bypassing legs are not counted. */
  readonly capacity: number;
  /**
   * Sessions of this tentacle that are proven to be over: the opener has made sure that no process of theirs is left.
   * Their attempts end at once instead of when their lease ends.
   */
  readonly succeeds: readonly string[];
  /** Attempts of its predecessors that still run under it, or whose result it found. */
  readonly knows: readonly KnownAttempt[];
}

export interface KnownAttempt {
  readonly leg: string;
  readonly token: string;
  /** `null`: it still runs. */
  readonly outcome: AttemptOutcome | null;
}

export interface BeatCommand extends CommandBase {
  readonly type: "session.beat";
  readonly session: string;
}

export interface DrainSessionCommand extends CommandBase {
  readonly type: "session.drain";
  readonly session: string;
}

export interface CloseSessionCommand extends CommandBase {
  readonly type: "session.close";
  readonly session: string;
}

/** A session asks whether it may start a delivery that does not name it. */
export interface ClaimCommand extends CommandBase {
  readonly type: "claim";
  readonly session: string;
  readonly leg: string;
  readonly token: string;
}

/** What went wrong in an attempt, as its OOPS shows it. */
export interface Failure {
  /** The kind of error, e.g. `SessionLost` or the class name of what a handler threw. */
  readonly type: string;
  /** One line for people. */
  readonly value: string;
  /** A stack trace or the end of the output, if there is one. */
  readonly text: string | null;
}

export type AttemptOutcome =
  | { readonly type: "succeeded"; readonly exitCode: number | null }
  /** The script said no: an honest result, not an OOPS. */
  | { readonly type: "failed"; readonly exitCode: number | null; readonly message: string }
  /** It was ended because a cancel asked for it. */
  | { readonly type: "canceled" }
  /** It was ended because its time was up. */
  | { readonly type: "timed-out" }
  /** The system failed to process it: a handler threw, a script crashed. */
  | { readonly type: "error"; readonly failure: Failure };

export type AttemptReport =
  | { readonly type: "started" }
  | { readonly type: "progress" }
  | { readonly type: "finished"; readonly outcome: AttemptOutcome }
  /** It ended, and nobody knows how. */
  | { readonly type: "lost"; readonly failure: Failure }
  /** Given back unstarted (`draining`, `revoked`), which is no attempt, or impossible to process, which is a failed one. */
  | { readonly type: "rejected"; readonly reason: "draining" | "revoked" }
  | { readonly type: "rejected"; readonly reason: "unreadable" | "unsupported"; readonly failure: Failure };

export interface ReportCommand extends CommandBase {
  readonly type: "report";
  readonly session: string;
  readonly leg: string;
  readonly token: string;
  readonly report: AttemptReport;
}

/** Deliveries may have been lost on their way (the broker or the dispatcher was restarted): send them again. */
export interface ResendCommand extends CommandBase {
  readonly type: "resend";
}

/** The dispatcher stood still, so heartbeats could not be read: no lease may end because of that. */
export interface PausedCommand extends CommandBase {
  readonly type: "paused";
  readonly ms: number;
}

/**
 * Fires every timer that is due, but those of leases only as far as it is known who was silent: a heartbeat may be in the
 * inbox and not have been read yet. Where that is not known, the `listen` effect asks for it.
 */
export interface TickCommand extends CommandBase {
  readonly type: "tick";
  /** Everything has been read that was sent before this time (ms since 1970). Left out: before now. */
  readonly heardUntil?: number;
}

export type Command =
  | SubmitCommand
  | CancelCommand
  | PrioritizeCommand
  | ReleaseCommand
  | DiscardCommand
  | DecideCommand
  | PutSemaphoreCommand
  | PutScheduleCommand
  | RemoveScheduleCommand
  | PutTargetCommand
  | RemoveTargetCommand
  | PlaceHoldCommand
  | LiftHoldCommand
  | ReleaseQuarantineCommand
  | OpenSessionCommand
  | BeatCommand
  | DrainSessionCommand
  | CloseSessionCommand
  | ClaimCommand
  | ReportCommand
  | ResendCommand
  | PausedCommand
  | TickCommand;
