import { expect, test } from "vitest";
import { type Holding, overlaps } from "./exclusion.ts";

const holding = (mode: Holding["mode"], from: number, until: number, slot = "web-1"): Holding => ({
  slot,
  mode,
  from,
  until,
  label: `${mode} ${from}-${until}`,
});

test("an exclusive holding that begins before another one has ended is found", () => {
  expect(overlaps([holding("exclusive", 0, 10), holding("exclusive", 9, 20)])).toHaveLength(1);
  expect(overlaps([holding("shared", 0, 10), holding("exclusive", 9, 20)])).toHaveLength(1);
  expect(
    overlaps([holding("exclusive", 0, Number.POSITIVE_INFINITY), holding("shared", 9, 20)]),
  ).toHaveLength(1);
});

test("a long holding is found although shorter ones came between", () => {
  const found = overlaps([holding("shared", 0, 100), holding("shared", 1, 2), holding("exclusive", 50, 60)]);
  expect(found).toEqual(["web-1: exclusive 50-60 began at 50, before shared 0-100 ended at 100"]);
});

test("shared holdings, touching ones and those of other slots do not conflict", () => {
  expect(overlaps([holding("shared", 0, 10), holding("shared", 5, 20)])).toEqual([]);
  expect(overlaps([holding("exclusive", 0, 10), holding("exclusive", 10, 20)])).toEqual([]);
  expect(overlaps([holding("exclusive", 0, 10), holding("exclusive", 5, 20, "web-2")])).toEqual([]);
});
