// Each checker is shown what it must find: one that finds nothing would make every run of chaos look well.
import type { ReplyBody, TaskView } from "@berth/protocol";
import { describe, expect, test } from "vitest";
import { delayedChecks } from "./bypass.ts";
import { acceptedStale } from "./fencing.ts";
import { type Regrant, slowestRegrantMs, untimelyRegrants } from "./freed-in-time.ts";
import { lostTasks, strangers } from "./nothing-lost.ts";
import { changedEnds, type SeenEnd } from "./truth.ts";

const shown = (at: number): string => new Date(at).toISOString();
const task = (id: string, state = "succeeded"): TaskView => ({ id, state }) as unknown as TaskView;

describe("3, nothing lost", () => {
  test("a task that was answered and that nobody knows is found", () => {
    expect(lostTasks(["a", "b"], [task("a")], new Set())).toEqual(["b"]);
    expect(lostTasks(["a", "b"], [task("b"), task("a", "parked")], new Set())).toEqual([]);
  });

  test("one that had ended long before the store lost everything is not held against anybody", () => {
    expect(lostTasks(["a", "b", "c"], [task("a")], new Set(["b"]))).toEqual(["c"]);
  });

  test("a task that a repeated submit has become is found", () => {
    expect(strangers(new Set(["a"]), [task("a"), task("a-again")])).toHaveLength(1);
  });
});

describe("8, truth", () => {
  const seen = new Map<string, SeenEnd>([["a", { state: "succeeded", endedAt: 500 }]]);

  test("an end that changes is found, and so is one that is taken back", () => {
    expect(changedEnds(seen, [task("a", "failed")], [])).toHaveLength(1);
    expect(changedEnds(seen, [task("a", "waiting")], [])).toHaveLength(1);
    expect(changedEnds(seen, [task("a")], [])).toEqual([]);
    expect(changedEnds(seen, [task("b", "waiting")], [])).toEqual([]);
  });

  test("one that was lost for good may be told as canceled, and as nothing else", () => {
    const forgotten = [{ from: 400, until: 600 }];
    expect(changedEnds(seen, [task("a", "canceled")], forgotten)).toEqual([]);
    expect(changedEnds(seen, [task("a", "canceled")], [{ from: 600, until: 700 }])).toHaveLength(1);
    expect(changedEnds(seen, [task("a", "failed")], forgotten)).toHaveLength(1);
  });
});

describe("5, fencing", () => {
  const report = (answer: ReplyBody) => ({ leg: "t-1.1", token: "1", answer });

  test("a stale report that is taken, or refused for another reason, is found", () => {
    const refused = { type: "refused", code: "stale_token", message: "" } as const;
    expect(acceptedStale([report(refused)])).toEqual([]);
    expect(acceptedStale([report({ type: "done" })])).toHaveLength(1);
    expect(acceptedStale([report({ ...refused, code: "task_unknown" })])).toHaveLength(1);
  });
});

describe("10, freed in time", () => {
  const regrant: Regrant = {
    ...{ what: "w", leaseMs: 2_000, killedAt: 10_000 },
    ...{ grantedAt: 12_900, notBefore: 11_500 },
  };

  test("a slot that is granted again too late, or too early, is found", () => {
    expect(untimelyRegrants([regrant])).toEqual([]);
    expect(untimelyRegrants([{ ...regrant, grantedAt: 13_001 }])).toHaveLength(1);
    expect(untimelyRegrants([{ ...regrant, grantedAt: 11_499 }])).toHaveLength(1);
  });

  test("the slowest one is told", () => {
    expect(slowestRegrantMs([regrant, { ...regrant, grantedAt: 12_000 }])).toBe(2_900);
    expect(slowestRegrantMs([])).toBe(0);
  });
});

describe("2, bypass", () => {
  const check = (id: string, queued: number, granted: number, ended: number, attempt = 1): TaskView =>
    ({
      ...{ id, kind: "health-check", queuedAt: shown(queued) },
      legs: [{ id, target: "web-1", attempt, grantedAt: shown(granted), endedAt: shown(ended) }],
    }) as unknown as TaskView;
  const late = check("late", 1_000, 3_000, 3_100);

  test("a check that waited while nothing was in its lane is found", () => {
    expect(delayedChecks([check("at once", 1_000, 1_010, 1_100)], [], 9_000)).toEqual([]);
    expect(delayedChecks([late], [], 9_000)).toHaveLength(1);
    expect(delayedChecks([check("long ago", 0, 5, 900), late], [], 9_000)).toHaveLength(1);
  });

  test("one that waited for another check is none", () => {
    expect(delayedChecks([check("before", 900, 900, 2_950), late], [], 9_000)).toEqual([]);
    expect(delayedChecks([check("tried again", 900, 4_000, 4_100, 2), late], [], 9_000)).toEqual([]);
  });

  test("nothing is said of what waited while something was broken", () => {
    expect(delayedChecks([late], [{ from: 2_000, until: 2_100 }], 9_000)).toEqual([]);
    expect(delayedChecks([late], [{ from: 3_001, until: 4_000 }], 9_000)).toHaveLength(1);
  });

  test("a deploy that waits is another matter", () => {
    expect(delayedChecks([{ ...late, kind: "deploy" }], [], 9_000)).toEqual([]);
  });
});
