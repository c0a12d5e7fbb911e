import { InvalidArgumentError } from "commander";
import { parseDuration } from "./duration.ts";

/** Which 22:00 is meant: the one that comes, or the one that was. */
export type Direction = "next" | "last";

/**
 * A moment: ISO 8601 (local time unless it says otherwise), `22:00` (local time), or `+2h` and `-2h` from now. Throws for anything else.
 */
export function parseTime(text: string, now: number, direction: Direction): Date {
  const time = relative(text, now) ?? timeOfDay(text, now, direction) ?? isoTime(text);
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError(
      "Expected a time like 2026-03-01T22:00:00Z, 2026-03-01 22:00, 22:00, +2h or -30m.",
    );
  }
  return time;
}

function relative(text: string, now: number): Date | undefined {
  const sign = text[0];
  if (sign !== "+" && sign !== "-") return undefined;
  const durationMs = parseDuration(text.slice(1));
  return new Date(sign === "+" ? now + durationMs : now - durationMs);
}

/** By the local calendar and not by adding 24 hours: a day on which the clocks change has another length. */
function timeOfDay(text: string, now: number, direction: Direction): Date | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const today = new Date(now);
  const onDay = (offset: number): Date =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset, Number(hours), Number(minutes));
  const time = onDay(0);
  if (direction === "next") return time.getTime() > now ? time : onDay(1);
  return time.getTime() <= now ? time : onDay(-1);
}

function isoTime(text: string): Date | undefined {
  const [whole, date, time = "00:00", offset = ""] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const parsed = new Date(`${date}T${time}${offset}`);
  // JavaScript takes the 31st of February for the 3rd of March.
  return isDay(date ?? "") ? parsed : undefined;
}

function isDay(date: string): boolean {
  const [year, month, day] = date.split("-").map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day)).getUTCDate() === day;
}
