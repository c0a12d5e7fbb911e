import { z } from "zod";

export const TaskKind = z.enum(["deploy", "runbook", "health-check", "job"]);
export type TaskKind = z.infer<typeof TaskKind>;

export const Mode = z.enum(["exclusive", "shared", "bypass"]);
export type Mode = z.infer<typeof Mode>;

export const PriorityClass = z.enum(["top", "high", "normal", "low"]);
export type PriorityClass = z.infer<typeof PriorityClass>;

export const TaskState = z.enum([
  "waiting",
  "granted",
  "running",
  "cancelling",
  "parked",
  "succeeded",
  "failed",
  "canceled",
  "timed-out",
  "unavailable",
]);
export type TaskState = z.infer<typeof TaskState>;

/**
 * A name of a space, target, tentacle, mutex or the like. Names become parts of queue names and of paths in URLs, so
 * they are short and of plain characters.
 */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    "1 to 100 letters, digits, dots, dashes or underscores, first a letter or a digit",
  );

/** An id that Berth or its client made. */
export const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/, "1 to 200 letters, digits or . _ : / -");

/** A text for people, on one line or a few. */
export const ShortText = z.string().max(2000);

const yearMs = 366 * 24 * 3_600_000;

/** A duration in whole milliseconds, more than zero and at most a year. */
export const DurationMs = z.int().min(1).max(yearMs);

/** A time in whole milliseconds since 1970. */
export const TimeMs = z.int().min(0);

/** A time as the API shows it: ISO 8601 in UTC with milliseconds. */
export const ShownTime = z.string();
