import { expect, test } from "vitest";
import { Visits } from "./visits.ts";

const targets = Array.from({ length: 100 }, (_, index) => `target-${index}`);

test("every target is visited before one is visited again, in an order without a pattern", () => {
  const visits = new Visits(targets, 1);
  const turn = [visits.take(25), visits.take(25), visits.take(50)].flat();
  expect(turn.toSorted()).toEqual(targets.toSorted());
  expect(turn).not.toEqual(targets);
  expect(visits.take(100)).not.toEqual(turn);
});

test("no target is visited twice at a time, also where a turn ends in between", () => {
  const visits = new Visits(targets, 2);
  for (let time = 0; time < 10; time += 1) expect(new Set(visits.take(70)).size).toBe(70);
});

test("the same seed gives the same visits", () => {
  expect(new Visits(targets, 3).take(100)).toEqual(new Visits(targets, 3).take(100));
  expect(new Visits(targets, 3).take(100)).not.toEqual(new Visits(targets, 4).take(100));
});
