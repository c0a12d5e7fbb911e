import { expect, test } from "vitest";
import { type RunRecord, Runs } from "./runs.ts";
import { handoversIn, verdictOn } from "./verdict.ts";

type Row = readonly [task: number, target: number, from: number, until: number];

function recordOf(...rows: readonly Row[]): RunRecord {
  const column = (index: number): Float64Array => Float64Array.from(rows, (row) => row[index] ?? Number.NaN);
  return { tasks: column(0), targets: column(1), from: column(2), until: column(3) };
}

test("runs one after the other, and at once on different targets, are as they should be", () => {
  const record = recordOf([0, 0, 1, 2], [1, 0, 2, 3], [2, 1, 1, 3]);
  expect(verdictOn(record, 3)).toEqual({ overlaps: 0, lost: 0, repeated: 0 });
});

test("two runs at once on one target are an overlap, whichever was written down first", () => {
  expect(verdictOn(recordOf([0, 0, 1, 3], [1, 0, 2, 4]), 2).overlaps).toBe(1);
  expect(verdictOn(recordOf([0, 0, 2, 4], [1, 0, 1, 3]), 2).overlaps).toBe(1);
});

test("a task that never ran or never ended is lost, and one that ran twice is repeated", () => {
  const unended: Row = [1, 1, 5, Number.POSITIVE_INFINITY];
  expect(verdictOn(recordOf([0, 0, 1, 2], unended, [0, 0, 3, 4]), 3)).toEqual({
    overlaps: 0,
    lost: 2,
    repeated: 1,
  });
});

test("what really runs at once on one target is written down as an overlap", async () => {
  const runs = new Runs();
  await Promise.all([runs.run(0, 7), runs.run(1, 7), runs.run(2, 8)]);
  await runs.reached(3);
  expect(verdictOn(runs.record(), 3)).toEqual({ overlaps: 1, lost: 0, repeated: 0 });
});

test("a handover is the time between two runs of one target", () => {
  const record = recordOf([0, 0, 1, 2], [1, 1, 1, 5], [2, 0, 2.5, 3], [3, 1, 6, 7], [4, 0, 5, 6]);
  expect(handoversIn(record).toSorted((one, other) => one - other)).toEqual([0.5, 1, 2]);
});
