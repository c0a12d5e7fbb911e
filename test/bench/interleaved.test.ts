import { expect, test } from "vitest";
import { interleaved, ratios } from "./interleaved.ts";

test("contenders take turns, also at going first, and each one's findings are in the order of the rounds", async () => {
  const order: string[] = [];
  const found = await interleaved(["a", "b", "c"], 4, async (name, round) => {
    order.push(name);
    return `${name}${round}`;
  });
  expect(order.join(" ")).toBe("a b c b c a c a b a b c");
  expect(found.b).toEqual(["b0", "b1", "b2", "b3"]);
});

test("a ratio compares what was found in the same round", () => {
  expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
});
