import type {
  Counters,
  DurationRecord,
  HoldRecord,
  LegRecord,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
  TaskRecord,
  TaskStatus,
} from "./record.ts";
import type { Mode, TaskKind } from "./words.ts";

/** Why a command was refused. The codes are permanent and are those of the error catalogue. */
export type RefusalCode =
  | "target_unknown"
  | "target_in_use"
  | "target_repeated"
  | "mode_not_allowed"
  | "idempotency_conflict"
  | "plan_contradictory"
  | "semaphore_not_allowed"
  | "parent_unknown"
  | "parent_is_ending"
  | "schedule_unknown"
  | "schedule_invalid"
  | "task_unknown"
  | "task_not_waiting"
  | "task_not_parked"
  | "hold_unknown"
  | "hold_conflict"
  | "hold_ends_before_it_starts"
  | "quarantine_unknown"
  | "session_unknown"
  | "session_conflict"
  | "stale_token";

export type Reply =
  | { readonly type: "refused"; readonly code: RefusalCode; readonly message: string }
  /** `existing`: this very task was submitted before, nothing was added. */
  | {
      readonly type: "submitted";
      readonly task: string;
      readonly existing: boolean;
      readonly joined: string | null;
    }
  | { readonly type: "done" }
  /** `ended`: it ended at once; else the tentacle was asked to end it, by the deadline. */
  | { readonly type: "cancelled"; readonly ended: boolean; readonly deadlineAt: number | null }
  | {
      readonly type: "session";
      readonly leaseMs: number;
      /** It named these, and does not serve them: they are not there yet, or are another user's. */
      readonly targetsUnknown: readonly string[];
      /** Legs of `knows` that it goes on with. */
      readonly adopted: readonly string[];
      /** Legs of `knows` whose attempts are over for Berth: whatever of them still runs must be ended. */
      readonly dropped: readonly string[];
    }
  | { readonly type: "beat"; readonly leaseUntil: number }
  | { readonly type: "claim"; readonly answer: "run" | "drop" };

/** What the store must record. */
export type Change =
  | { readonly type: "task.added"; readonly task: TaskRecord }
  | { readonly type: "task.changed"; readonly id: string; readonly status: TaskStatus }
  | { readonly type: "leg"; readonly leg: LegRecord }
  | { readonly type: "target"; readonly target: TargetRecord }
  | { readonly type: "target.removed"; readonly id: string }
  | { readonly type: "session"; readonly session: SessionRecord }
  | { readonly type: "session.ended"; readonly id: string }
  | { readonly type: "hold"; readonly hold: HoldRecord }
  | { readonly type: "hold.ended"; readonly id: string }
  | { readonly type: "quarantine"; readonly quarantine: QuarantineRecord }
  | {
      readonly type: "quarantine.ended";
      readonly target: string;
      readonly mutex: string;
      readonly token: string;
    }
  | { readonly type: "semaphore"; readonly semaphore: SemaphoreRecord }
  | { readonly type: "semaphore.removed"; readonly id: string }
  | { readonly type: "schedule"; readonly schedule: ScheduleRecord }
  | { readonly type: "schedule.removed"; readonly id: string }
  | { readonly type: "duration"; readonly duration: DurationRecord }
  | { readonly type: "duration.removed"; readonly id: string }
  | { readonly type: "oops"; readonly oops: OopsRecord };

/** A granted leg on its way to a tentacle; the payload is added by the dispatcher. */
export interface DeliverEffect {
  readonly type: "deliver";
  readonly target: string;
  readonly task: string;
  readonly leg: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly mode: Mode;
  readonly attempt: number;
  readonly token: string;
  /** Which of its steps to run, from 0; `null`: it has none. */
  readonly step: number | null;
  /** The session that may start it at once; `null`: whoever gets it must claim it. */
  readonly session: string | null;
  readonly timeoutMs: number | null;
}

/** What is to be sent to tentacles. */
export type Effect =
  | DeliverEffect
  /** End the attempt: TERM, and KILL when `graceMs` have passed. */
  | {
      readonly type: "cancel";
      readonly session: string;
      readonly leg: string;
      readonly token: string;
      readonly graceMs: number;
      readonly reason: string;
    }
  /** Give the grant back unless it has started. */
  | { readonly type: "revoke"; readonly session: string; readonly leg: string; readonly token: string }
  /**
   * A session seems to be silent. To the inbox itself: what comes back through it proves that everything before it has been
   * read, and belongs into the `heardUntil` of a tick. Lost ones are sent again.
   */
  | { readonly type: "listen" }
  /** The session is over for the engine: whatever it still runs is fenced, and it must end that. */
  | { readonly type: "session.ended"; readonly session: string; readonly reason: string };

/** A task that has ended, with those of its legs that have ended before. */
export interface EndedTask {
  readonly task: TaskRecord;
  readonly legs: readonly LegRecord[];
}

/** What was decided. The order of the fields is the order of what may happen. */
interface Decided {
  /**
   * Must be durable before anything is answered or sent, or a command is acknowledged. Each thing is in it once, as it
   * is in the end, and after the things that it names.
   */
  readonly changes: readonly Change[];
  /** Must be durable together with `changes`. */
  readonly counters: Counters;
  /**
   * Tasks of before that ended. The engine forgets them, and `changes` tell only what of them has changed: who has to write
   * them again, into a store that forgot, knows the rest from here.
   */
  readonly ended: readonly EndedTask[];
  /** To tentacles, once `changes` are durable. Losing them is mended by `resend`, leases and deadlines. */
  readonly effects: readonly Effect[];
}

/** The answer to one command. */
export interface Decisions extends Decided {
  /** To whoever sent the command, once `changes` are durable. */
  readonly reply: Reply;
}

/** The answer to a batch of commands. */
export interface BatchDecisions extends Decided {
  /** One for each command, in their order: to whoever sent it, once `changes` are durable. */
  readonly replies: readonly Reply[];
}
