import type { TaskRequest } from "./command.ts";

/** What a schedule enqueues: a task without what is new each time. */
export type ScheduledTask = Omit<TaskRequest, "id" | "notBefore" | "queueExpiresAt"> & {
  /** A run that has not started so long after it was enqueued ends as `timed-out`; ms. */
  readonly queueExpiryMs: number | null;
};

/** When a schedule enqueues. */
export type ScheduleTimes =
  /** At `anchorAt` and every so many ms after it (and before it, had it been there). */
  | { readonly type: "every"; readonly everyMs: number; readonly anchorAt: number }
  /** By a cron expression, read in this time zone (IANA name). */
  | { readonly type: "cron"; readonly expression: string; readonly timeZone: string };

export interface ScheduleSpec {
  readonly times: ScheduleTimes;
  /** What becomes of runs that were missed while no dispatcher was there. */
  readonly missed: "skip" | "once";
  /** What becomes of a run while the one before lives. */
  readonly overlap: "skip" | "queue";
  /** No run while it is paused; what it misses meanwhile is skipped. */
  readonly paused: boolean;
  readonly owner: string;
  readonly task: ScheduledTask;
  /** The payload of its tasks, as JSON text. The engine does not look at it. */
  readonly payload: string;
}
