import { describe, expect, test } from "vitest";
import { compactItems, deliveryRow, expandedItems, groupedDeliveries } from "./compact.ts";
import { InboxItem } from "./inbox.ts";
import { Delivery } from "./outbox.ts";

const session = "tentacle-1.4f1c";

function report(number: number, outcome: unknown, of: string = session): InboxItem {
  return InboxItem.parse({
    type: "report",
    id: `${of}/${number}/${number + 1}`,
    session: of,
    task: `t-${number}`,
    leg: `t-${number}.1`,
    attempt: 2,
    token: `00017-${number}`,
    report: { type: "finished", outcome },
  });
}

const succeeded = { type: "succeeded", exitCode: 0 };
const failed = { type: "failed", exitCode: 3, message: "no space left" };

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function expand(items: readonly unknown[]): unknown[] {
  return [...(expandedItems(throughJson(items) as unknown[]) ?? [])];
}

describe("items", () => {
  test("are the same in the same order when they are read again", () => {
    const beat = InboxItem.parse({ type: "session.beat", id: `${session}/beat/9`, session });
    const items = [
      report(1, succeeded),
      report(2, { type: "succeeded", exitCode: null }),
      report(3, failed),
      report(4, succeeded),
      beat,
      report(5, succeeded, "tentacle-2.77"),
      report(6, succeeded),
    ];
    expect(expand(compactItems(items))).toEqual(items);
  });

  test("are one for all reports of success that follow each other", () => {
    const items = Array.from({ length: 100 }, (_, number) => report(number, succeeded));
    const compact = compactItems(items);
    expect(compact).toHaveLength(1);
    expect(JSON.stringify(compact).length).toBeLessThan(JSON.stringify(items).length / 3);
    expect(expand(compact)).toEqual(items);
  });

  test("whose ids are not as usual are told whole", () => {
    const foreign = { ...report(1, succeeded), id: "i-1" };
    const odd = { ...report(2, succeeded), leg: "leg-of-another-name" } as InboxItem;
    const items = [foreign, odd] as InboxItem[];
    expect(compactItems(items)[0]).toBe(foreign);
    expect(expand(compactItems(items))).toEqual(items);
  });

  test("that no tentacle wrote are read as what they are, and each is then refused by itself", () => {
    const rows = [["1/2", "t-1", ".1", 1, "00017-1", 0], "no row", ["1/3", 7, ".1", 1, "00017-2", 0], []];
    const items = expandedItems([{ type: "succeeded", session, rows }]) ?? [];
    expect(items.map((each) => InboxItem.safeParse(each).success)).toEqual([true, false, false, false]);
    for (const item of [null, 7, "succeeded", { type: "succeeded" }, { type: "succeeded", session: 7, rows }])
      expect(expandedItems([item])).toEqual([item]);
  });
});

test("no message brings more items than it may, in however few places", () => {
  const rows = (count: number) => ({ type: "succeeded", session, rows: Array(count).fill([]) });
  expect(expandedItems([rows(1000), rows(1000)])).toHaveLength(2000);
  expect(expandedItems([rows(1000), rows(1000), 7])).toBeNull();
  expect(expandedItems([rows(2001)])).toBeNull();
});

describe("deliveries that come together", () => {
  const payload = { script: null, handler: null, steps: [], variables: {}, labels: {}, requestedBy: null };
  const delivery = Delivery.parse({
    v: 1,
    space: "default",
    target: "web-1",
    task: "t-1",
    leg: "t-1.3",
    kind: "deploy",
    name: "shop",
    mode: "exclusive",
    attempt: 2,
    token: "00017-1",
    step: 1,
    session,
    timeoutMs: 5000,
    payload,
  });
  const once = { v: 1, space: "default", session };

  test("are read from their rows as they would have come alone", () => {
    const other = { ...delivery, leg: "another", step: null, timeoutMs: null };
    const rows = [delivery, other].map((each) => [...deliveryRow(each), each.payload]);
    expect(groupedDeliveries(throughJson({ ...once, rows }))).toEqual([delivery, other]);
  });

  test("are read as they are where nothing had to be written", () => {
    expect(groupedDeliveries({ v: 1, deliveries: [delivery] })).toEqual([delivery]);
  });

  test("are none in any other message", () => {
    for (const message of [null, 7, {}, { rows: 7 }, { replies: [] }])
      expect(groupedDeliveries(message)).toBeNull();
  });

  test("are checked one by one: a row that is none spoils no other", () => {
    const rows = [[...deliveryRow(delivery), payload], "no row", [1, 2, 3]];
    const all = groupedDeliveries({ ...once, rows }) ?? [];
    expect(all.map((each) => Delivery.safeParse(each).success)).toEqual([true, false, false]);
  });
});
