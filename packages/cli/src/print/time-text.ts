const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `450 ms`, `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: two units at most. */
export function durationText(ms: number): string {
  if (ms < secondMs) return `${Math.round(ms)} ms`;
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`;
  if (ms < hourMs) return twoUnits(ms, minuteMs, "min", secondMs, "s");
  if (ms < dayMs) return twoUnits(ms, hourMs, "h", minuteMs, "min");
  return twoUnits(ms, dayMs, "d", hourMs, "h");
}

function twoUnits(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % bigMs) / smallMs);
  return `${Math.floor(ms / bigMs)} ${big}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** `3 min ago`, `in 2 h`, `just now`. Coarse, for tables. */
export function relativeText(time: string | null, now: number): string {
  if (time === null) return "";
  const ms = now - Date.parse(time);
  const distance = Math.abs(ms);
  if (distance < 2 * secondMs) return "just now";
  // What was asked to come in 2 h is a moment later less than that, and still 2 h for people.
  return ms > 0 ? `${coarse(distance, Math.floor)} ago` : `in ${coarse(distance, Math.round)}`;
}

function coarse(ms: number, whole: (value: number) => number): string {
  if (whole(ms / secondMs) < 60) return `${whole(ms / secondMs)} s`;
  if (whole(ms / minuteMs) < 60) return `${whole(ms / minuteMs)} min`;
  if (whole(ms / hourMs) < 48) return `${whole(ms / hourMs)} h`;
  return `${whole(ms / dayMs)} d`;
}

/** `2026-03-01 22:00:00 (in 2 h)`, in local time. */
export function momentText(time: string | null, now: number): string {
  return time === null ? "" : `${localText(time)} (${relativeText(time, now)})`;
}

/** `about 14:32`, or with the day where that is another one; of what lies behind, `now`. For times that are estimated. */
export function aboutText(time: string, now: number): string {
  if (Date.parse(time) <= now) return "now";
  const sameDay = dayText(new Date(time)) === dayText(new Date(now));
  return `about ${localText(time).slice(sameDay ? "yyyy-mm-dd ".length : 0, -":ss".length)}`;
}

function localText(time: string): string {
  const date = new Date(time);
  return `${dayText(date)} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function dayText(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
