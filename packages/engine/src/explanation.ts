import type { LegState, Mode, TaskState } from "./words.ts";

/** Who or what is in the way of a leg. */
export interface Blocker {
  readonly type: "leg" | "hold" | "quarantine" | "session";
  readonly id: string;
  readonly task: string | null;
  /** Since when it is in the way. */
  readonly since: number | null;
  /** For people, e.g. `deploy shop, exclusive, running`. */
  readonly note: string;
}

export type CauseCode =
  | "not-yet"
  | "held"
  | "joined"
  | "offline"
  | "at-capacity"
  | "quarantined"
  | "slot-taken"
  | "lane-full"
  | "behind"
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
  readonly causes: readonly Cause[];
  /** In one sentence. */
  readonly summary: string;
}

export interface Explanation {
  readonly task: string;
  readonly state: TaskState;
  readonly legs: readonly LegExplanation[];
}
