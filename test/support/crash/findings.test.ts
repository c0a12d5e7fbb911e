import type { LegView, OopsView, TaskView } from "@berth/protocol";
import { expect, test } from "vitest";
import { runsOf } from "./evidence.ts";
import { oopsFindings, runFindings, slotOverlaps, taskOverlaps } from "./findings.ts";

/** Each line: what, task, leg, token, attempt, process, kind, mutex, seconds. */
const evidence = (...lines: string[]): ReturnType<typeof runsOf> => runsOf(`${lines.join("\n")}\n`);
const task = (
  state: string,
  attempt: number,
  token: string,
  more: Partial<Record<keyof LegView, unknown>> = {},
): TaskView =>
  ({
    ...{ id: "t-1", kind: "deploy", state, queuedAt: "1970-01-01T00:00:00.500Z", endedAt: null },
    legs: [{ id: "t-1.1", state, attempt, token, failures: attempt - 1, exitCode: null, ...more }],
  }) as unknown as TaskView;
const oops = (attempt: number): OopsView => ({ task: "t-1", leg: "t-1.1", attempt }) as unknown as OopsView;

const killed = ["start t-1 t-1.1 a 1 11 deploy alpha 1.000", "beat t-1 t-1.1 a 1 11 deploy alpha 1.200"];
const again = ["start t-1 t-1.1 b 2 12 deploy alpha 1.300", "end t-1 t-1.1 b 2 12 deploy alpha 1.400"];

test("a killed run and the one after it break nothing", () => {
  const runs = evidence(...killed, ...again);
  expect(slotOverlaps(runs)).toEqual([]);
  expect(taskOverlaps(runs)).toEqual([]);
  expect(runFindings(runs, [task("succeeded", 2, "b")])).toEqual([]);
  expect(oopsFindings([task("succeeded", 2, "b")], [oops(1)], runs)).toEqual([]);
});

test("a run that still lives when the next one starts is found", () => {
  const runs = evidence(...killed, ...again, "beat t-1 t-1.1 a 1 11 deploy alpha 1.301");
  expect(slotOverlaps(runs)).toHaveLength(1);
  expect(taskOverlaps(runs)).toHaveLength(1);
});

test("a runbook excludes others, jobs share, and health checks pass by", () => {
  const other = (kind: string): ReturnType<typeof runsOf> =>
    evidence(...again, `start t-2 t-2.1 c 1 13 ${kind} alpha 1.350`);
  expect(slotOverlaps(other("runbook"))).toHaveLength(1);
  expect(slotOverlaps(other("job"))).toHaveLength(1);
  expect(slotOverlaps(other("health-check"))).toEqual([]);
  const jobs = other("job").map((run) => ({ ...run, kind: "job" }));
  expect(slotOverlaps(jobs)).toEqual([]);
});

test("one grant that two processes used, and a success without a run, are found", () => {
  const twice = [
    "start t-1 t-1.1 b 2 13 deploy alpha 2.000",
    "end t-1 t-1.1 b 2 13 deploy alpha 2.100",
  ] as const;
  expect(runFindings(evidence(...again, ...twice), [])).toHaveLength(1);
  expect(runFindings(evidence(...killed), [task("succeeded", 1, "a")])).toHaveLength(1);
});

test("a failed attempt without an OOPS, and one with two, are found", () => {
  const runs = evidence(...killed, ...again);
  expect(oopsFindings([task("succeeded", 2, "b")], [], runs)).toHaveLength(2);
  expect(oopsFindings([task("succeeded", 2, "b")], [oops(1), oops(1)], runs)).toHaveLength(1);
});

test("a parked task, one that is unavailable and one that timed out are found without an OOPS", () => {
  for (const state of ["parked", "unavailable", "failed"])
    expect(oopsFindings([task(state, 1, "a")], [], [])).toHaveLength(1);
  // It said no: that is its result.
  expect(oopsFindings([task("failed", 1, "a", { exitCode: 3 })], [], [])).toEqual([]);
});

test("an OOPS of what has not failed, or was never attempted, is found", () => {
  expect(oopsFindings([task("succeeded", 1, "a")], [oops(1)], [])).toHaveLength(1);
  expect(oopsFindings([task("succeeded", 1, "a")], [oops(2)], [])).toHaveLength(1);
});

test("what was asked to end may be killed without an OOPS", () => {
  expect(oopsFindings([task("canceled", 1, "a")], [], evidence(...killed))).toEqual([]);
  expect(oopsFindings([task("waiting", 1, "a")], [], evidence(...killed))).toHaveLength(1);
});

test("what began at a time that is forgotten is held against nobody, and only that", () => {
  const late = "beat t-1 t-1.1 a 1 11 deploy alpha 1.301";
  const runs = evidence(...killed, ...again, late);
  const [first] = runs;
  expect(slotOverlaps(runs, [{ from: 900, until: first!.startedAt }])).toEqual([]);
  expect(slotOverlaps(runs, [{ from: 400, until: 900 }])).toHaveLength(1);
  expect(oopsFindings([task("parked", 1, "a")], [], runs, [{ from: 400, until: 600 }])).toEqual([]);
  expect(oopsFindings([task("parked", 1, "a")], [], runs, [{ from: 1_400, until: 1_600 }])).toHaveLength(2);
});
