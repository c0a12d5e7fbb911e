import type { Calendar } from "@berth/engine";
import { Cron } from "croner";

/**
 * When a cron expression of five parts, or a name such as `@daily`, comes round next. By the clock on the wall of the time zone: a time
 * that a change of the clock leaves out comes right after it, and one that it repeats comes once.
 */
export const calendar: Calendar = (expression, timeZone, after) => {
  requireTimeZone(timeZone);
  const next = cronOf(expression, timeZone).nextRun(new Date(after));
  if (next === null) throw new Error(`cron "${expression}" never comes; expected a day that there is`);
  return next.getTime();
};

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    const message = `there is no time zone "${timeZone}"; expected a name such as "Europe/Berlin" or "UTC"`;
    throw new Error(message, { cause });
  }
}

const expected =
  'expected minute, hour, day of the month, month and day of the week, e.g. "30 3 * * 1-5", or a name such as "@daily"';

function cronOf(expression: string, timeZone: string): Cron {
  try {
    const cron = new Cron(expression, { mode: "5-part", timezone: timeZone, paused: true });
    if (cron.getOnce() === null) return cron;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cron "${expression}" cannot be read; ${expected} (${why})`, { cause });
  }
  throw new Error(`cron "${expression}" is a single time; ${expected}`);
}
