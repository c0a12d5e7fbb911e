import type { QuarantineRecord } from "./record.ts";
import type { LegState, Mode, TaskKind, TaskState } from "./words.ts";

/** Who or what is in the way of a leg. */
export interface Blocker {
  readonly type: "leg" | "hold" | "quarantine" | "session" | "semaphore" | "task";
  readonly id: string;
  readonly task: string | null;
  /** Since when it is in the way. */
  readonly since: number | null;
  /** For people, e.g. `deploy shop, exclusive, running`. */
  readonly note: string;
}

export type CauseCode =
  | "not-yet"
  | "children"
  | "held"
  | "joined"
  | "rollout-full"
  | "semaphore-full"
  | "offline"
  | "at-capacity"
  | "quarantined"
  | "slot-taken"
  | "lane-full"
  | "behind"
  | "together"
  | "parked";

/** Why a leg does not start: one of possibly several causes. */
export interface Cause {
  readonly code: CauseCode;
  /** For people. */
  readonly message: string;
  readonly blockers: readonly Blocker[];
  /** When this cause ends at the latest, where that is known. */
  readonly until: number | null;
}

export interface LegExplanation {
  readonly leg: string;
  readonly target: string;
  readonly mode: Mode;
  readonly state: LegState;
  /** 1: the first of its line, once nothing else keeps it; `null` where it does not wait, or where another runs for it. */
  readonly position: number | null;
  /** When it starts if everything takes as long as it usually does; `null`: nobody can know. */
  readonly estimatedStartAt: number | null;
  readonly causes: readonly Cause[];
  /** In one sentence. */
  readonly summary: string;
}

export interface Explanation {
  readonly task: string;
  readonly state: TaskState;
  readonly legs: readonly LegExplanation[];
}

/** A leg that runs, or may be about to. */
export interface RunningLeg {
  readonly leg: string;
  readonly task: string;
  readonly kind: TaskKind;
  readonly name: string;
  readonly target: string;
  readonly mode: Mode;
  readonly state: LegState;
  /** When it was granted. */
  readonly since: number;
  /** When it ends if it takes as long as it usually does, and not before now; `null`: unknown. */
  readonly expectedEndAt: number | null;
}

/** Whether anything runs in a scope, and until when. */
export interface Clearance {
  /** Nothing runs there, and nothing that was given up may still run there. */
  readonly isClear: boolean;
  /** When it will be, as far as is known; `null`: unknown. Now, where it is. */
  readonly clearAt: number | null;
  readonly running: readonly RunningLeg[];
  readonly quarantines: readonly QuarantineRecord[];
}

/** How full a semaphore is. */
export interface SemaphoreFigures {
  readonly id: string;
  /** `null`: none. */
  readonly limit: number | null;
  readonly held: number;
  /** Somebody has set the limit; else it is the one that it has by itself. */
  readonly isSet: boolean;
}
