import { z } from "zod";
import { ScheduledTask, ScheduledTaskRequest } from "./task.ts";
import { DurationMs, TimeMs } from "./words.ts";

/** More often is no schedule: a task that is always there does that. */
const everyMs = DurationMs.min(1000);
const cron = z.string().min(1).max(200);
/** A name of the IANA time zone database, e.g. `Europe/Berlin`. */
const timeZone = z.string().min(1).max(100);

/** When a schedule enqueues. */
export const ScheduleTimes = z.discriminatedUnion("type", [
  /** At `anchorAt` and every so many ms after it. */
  z.strictObject({ type: z.literal("every"), everyMs, anchorAt: TimeMs }),
  z.strictObject({ type: z.literal("cron"), expression: cron, timeZone }),
]);
export type ScheduleTimes = z.infer<typeof ScheduleTimes>;

const owner = z.string().min(1, "a schedule needs an owner: whom may one ask about it?").max(200);
/** What becomes of runs that were missed while nobody was there. */
const missed = z.enum(["skip", "once"]);
/** What becomes of a run while the one before lives. */
const overlap = z.enum(["skip", "queue"]);

/** What a schedule says, on its way into the inbox. */
export const ScheduleSpec = z.strictObject({
  times: ScheduleTimes,
  missed,
  overlap,
  paused: z.boolean(),
  owner,
  task: ScheduledTask,
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** The body of `PUT /v1/{space}/schedules/{schedule}`: either `everyMs` or `cron`. */
export const ScheduleRequest = z.strictObject({
  everyMs: everyMs.optional(),
  /** With `everyMs` only: one of its times (ISO 8601 with offset). Left out: when the schedule was made. */
  anchor: z.iso.datetime({ offset: true }).optional(),
  /** A cron expression: minute, hour, day of the month, month, day of the week. */
  cron: cron.optional(),
  /** With `cron` only. Left out: UTC. */
  timeZone: timeZone.optional(),
  missed: missed.default("skip"),
  overlap: overlap.default("skip"),
  paused: z.boolean().default(false),
  owner,
  task: ScheduledTaskRequest,
});
export type ScheduleRequest = z.infer<typeof ScheduleRequest>;
export type ScheduleRequestInput = z.input<typeof ScheduleRequest>;
