import { expect, test } from "vitest";
import { median, percentile, summaryOf } from "./figures.ts";

test("the median of an even number of values is the mean of the two in the middle", () => {
  expect(median([9, 1, 3])).toBe(3);
  expect(median([9, 1, 3, 5])).toBe(4);
  expect(median([])).toBeNaN();
});

test("a percentile is a value that was measured, and no more than its share of the values is greater", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test("a summary has the median and the spread of the rounds, and the rounds themselves as they came", () => {
  expect(summaryOf([1.234, 3, 2], 1)).toEqual({ median: 2, spread: [1.2, 3], rounds: [1.2, 3, 2] });
});
