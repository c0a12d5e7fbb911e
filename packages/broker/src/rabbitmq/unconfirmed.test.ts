import { expect, test } from "vitest";
import { PendingPublish } from "./pending-publish.ts";
import { Unconfirmed } from "./unconfirmed.ts";

function sent(count: number): { unconfirmed: Unconfirmed; settled: string[]; gone: string[] } {
  const [settled, gone]: [string[], string[]] = [[], []];
  const unconfirmed = new Unconfirmed(({ body }) => gone.push(String(body)));
  for (let number = 1; number <= count; number += 1) {
    expect(unconfirmed.next).toBe(number);
    unconfirmed.add(new PendingPublish({ queue: "q", body: Buffer.from(`${number}`), persistent: false }, 0));
  }
  return { unconfirmed, settled, gone };
}

test("confirms in any order find their messages, once each, and what is confirmed is forgotten in order", () => {
  const { unconfirmed, settled, gone } = sent(6);
  const settle = (publish: PendingPublish): void => {
    publish.resolve("queued");
    settled.push(`${publish.body}${publish.isReturned ? " returned" : ""}`);
  };
  unconfirmed.returned(4);
  unconfirmed.confirmed(3, false, settle);
  expect([settled, gone]).toEqual([["3"], []]);
  unconfirmed.confirmed(4, true, settle);
  expect([settled, gone]).toEqual([
    ["3", "1", "2", "4 returned"],
    ["1", "2", "3", "4"],
  ]);
  unconfirmed.confirmed(2, true, settle);
  unconfirmed.confirmed(6, false, settle);
  unconfirmed.confirmed(5, false, settle);
  expect(settled.slice(4)).toEqual(["6", "5"]);
  expect([[...unconfirmed], unconfirmed.next]).toEqual([[], 7]);
});

test("a message whose sender has given up is forgotten with its confirm, and not before", () => {
  const { unconfirmed, settled, gone } = sent(1);
  for (const publish of unconfirmed) publish.resolve("queued");
  expect(gone).toEqual([]);
  unconfirmed.confirmed(1, false, ({ body }) => settled.push(String(body)));
  expect([settled, gone]).toEqual([[], ["1"]]);
});
