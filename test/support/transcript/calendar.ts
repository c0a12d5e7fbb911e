// The calendar of the stage. It reads no cron: an expression is the moments themselves, `+1h +3h`, so that a transcript says when they are.
import type { Calendar } from "@berth/engine";
import { momentAt } from "./time.ts";

export const calendar: Calendar = (expression, _timeZone, after) => {
  const moments = expression.split(" ").map(momentAt);
  return moments.find((moment) => moment > after) ?? null;
};
