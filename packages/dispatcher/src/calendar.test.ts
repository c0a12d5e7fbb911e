import { expect, test } from "vitest";
import { calendar } from "./calendar.ts";

function next(expression: string, timeZone: string, after: string): string {
  const at = calendar(expression, timeZone, Date.parse(after));
  return at === null ? "never" : new Date(at).toISOString();
}

test.each([
  ["*/5 * * * *", "UTC", "2031-05-06T07:08:09Z", "2031-05-06T07:10:00.000Z"],
  ["30 3 * * 1-5", "Europe/Berlin", "2031-05-09T07:00:00Z", "2031-05-12T01:30:00.000Z"],
  ["0 0 29 2 *", "UTC", "2031-05-06T00:00:00Z", "2032-02-29T00:00:00.000Z"],
  ["@daily", "Asia/Tokyo", "2031-05-06T07:08:09Z", "2031-05-06T15:00:00.000Z"],
  ["0 3 L * *", "UTC", "2031-05-06T07:08:09Z", "2031-05-31T03:00:00.000Z"],
])("%s in %s after %s comes at %s", (expression, timeZone, after, at) => {
  expect(next(expression, timeZone, after)).toBe(at);
});

test("a time comes after the instant that is asked for, never at it", () => {
  expect(next("*/5 * * * *", "UTC", "2031-05-06T07:10:00.000Z")).toBe("2031-05-06T07:15:00.000Z");
  expect(next("*/5 * * * *", "UTC", "2031-05-06T07:09:59.999Z")).toBe("2031-05-06T07:10:00.000Z");
});

test("a time that the change to summer leaves out comes right after it", () => {
  // On that night 02:00 is followed by 03:00.
  expect(next("30 2 * * *", "Europe/Berlin", "2031-03-29T12:00:00Z")).toBe("2031-03-30T01:00:00.000Z");
  expect(next("30 2 * * *", "Europe/Berlin", "2031-03-30T01:00:00Z")).toBe("2031-03-31T00:30:00.000Z");
});

test("a time that the change to winter repeats comes once, and what comes every half hour goes on", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2031-10-25T12:00:00Z")).toBe("2031-10-26T00:30:00.000Z");
  expect(next("30 2 * * *", "Europe/Berlin", "2031-10-26T00:30:00Z")).toBe("2031-10-27T01:30:00.000Z");
  expect(next("*/30 * * * *", "Europe/Berlin", "2031-10-26T00:30:00Z")).toBe("2031-10-26T01:00:00.000Z");
});

test.each([
  ["nonsense", "UTC", /cron "nonsense" cannot be read; expected minute, hour, day of the month/],
  ["61 * * * *", "UTC", /cron "61 \* \* \* \*" cannot be read; .*Invalid value for minute: 61/],
  ["* * * * * *", "UTC", /cannot be read; .*6 parts/],
  ["@reboot", "UTC", /cron "@reboot" cannot be read/],
  ["2031-06-01T00:00:00", "UTC", /is a single time; expected minute, hour/],
  ["0 0 30 2 *", "UTC", /cron "0 0 30 2 \*" never comes/],
  ["0 3 * * *", "Europe/Nowhere", /there is no time zone "Europe\/Nowhere"; expected a name such as/],
  ["0 3 * * *", "", /there is no time zone ""/],
])("%s in %s is refused: %s", (expression, timeZone, message) => {
  expect(() => calendar(expression, timeZone, 0)).toThrow(message);
});
