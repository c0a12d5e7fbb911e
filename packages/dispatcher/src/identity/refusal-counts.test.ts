import { expect, test } from "vitest";
import { RefusalCounts } from "./refusal-counts.ts";

test("of a million refusals ten are told of, and then every tenth, hundredth … time as many", () => {
  const counts = new RefusalCounts();
  const told: number[] = [];
  for (let index = 0; index < 1_000_000; index += 1) {
    const count = counts.count("evil", index);
    if (count !== null) told.push(count);
  }
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 1_000, 10_000, 100_000, 1_000_000]);
});

test("each user is counted on its own, and anew after an hour without a refusal", () => {
  const counts = new RefusalCounts();
  for (let index = 0; index < 50; index += 1) counts.count("evil", 0);
  expect([counts.count("web", 0), counts.count(null, 0), counts.count("evil", 0)]).toEqual([1, 1, null]);
  expect([counts.count("evil", 3_600_000), counts.count("evil", 7_200_001)]).toEqual([null, 1]);
});
