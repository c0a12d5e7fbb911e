import { describe, expect, test } from "vitest";
import { parseDuration } from "../../packages/cli/src/parse/duration.ts";
import { parseTime } from "../../packages/cli/src/parse/time.ts";
import { parsePair, recordOf } from "../../packages/cli/src/parse/value.ts";

describe("a duration", () => {
  test.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["1.5h", 5_400_000],
    ["1h1h", 7_200_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "10", "m", "10 m", "-5m", "10minutes", "1h30", "0s", "1e3s", "1..5h", "9999999999999999d"])(
    "cannot be %j",
    (text) => {
      expect(() => parseDuration(text)).toThrow("Expected a duration like 90s");
    },
  );
});

describe("a time", () => {
  /** In whatever time zone this runs: it is noon there. */
  const noon = new Date(2026, 2, 1, 12, 0).getTime();
  const local = (...parts: [number, number, number, number, number]) => new Date(...parts);

  test.each([
    ["2026-03-01T22:00:00Z", new Date("2026-03-01T22:00:00Z")],
    ["2026-03-01T22:00:00.250+02:00", new Date("2026-03-01T20:00:00.250Z")],
    ["2026-03-05T22:00", local(2026, 2, 5, 22, 0)],
    ["2026-03-05 22:00", local(2026, 2, 5, 22, 0)],
    ["2026-03-05", local(2026, 2, 5, 0, 0)],
    ["+2h", local(2026, 2, 1, 14, 0)],
    ["-30m", local(2026, 2, 1, 11, 30)],
    ["22:00", local(2026, 2, 1, 22, 0)],
    ["9:30", local(2026, 2, 2, 9, 30)],
    ["12:00", local(2026, 2, 2, 12, 0)],
  ])("%s that comes is found", (text, time) => {
    expect(parseTime(text, noon, "next")).toEqual(time);
  });

  test.each([
    ["22:00", local(2026, 1, 28, 22, 0)],
    ["9:30", local(2026, 2, 1, 9, 30)],
    ["12:00", local(2026, 2, 1, 12, 0)],
  ])("%s that was is found", (text, time) => {
    expect(parseTime(text, noon, "last")).toEqual(time);
  });

  test.each([
    "",
    "now",
    "24:00",
    "12:60",
    "2026-02-30",
    "2026-13-01",
    "2026-03-01T25:00",
    "+2",
    "01/03/2026",
    "1772366400",
  ])("cannot be %j", (text) => {
    expect(() => parseTime(text, noon, "next")).toThrow("Expected a");
  });
});

describe("a pair", () => {
  test("has a name and a value, which may be empty or hold equals signs", () => {
    expect(["A=1", "B=", "C=x=y"].map(parsePair)).toEqual([
      { name: "A", value: "1" },
      { name: "B", value: "" },
      { name: "C", value: "x=y" },
    ]);
  });

  test.each(["A", "=1", ""])("cannot be %j", (text) => {
    expect(() => parsePair(text)).toThrow("Expected NAME=VALUE");
  });

  test("given twice has the value that was given last", () => {
    expect(recordOf([parsePair("A=1"), parsePair("A=2")])).toEqual({ A: "2" });
  });
});
