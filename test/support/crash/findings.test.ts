import type { OopsView, TaskView } from "@berth/protocol";
import { expect, test } from "vitest";
import { runsOf } from "./evidence.ts";
import { oopsFindings, runFindings, slotOverlaps, taskOverlaps } from "./findings.ts";

/** Each line: what, task, token, attempt, process, kind, mutex, seconds. */
const evidence = (...lines: string[]): ReturnType<typeof runsOf> => runsOf(`${lines.join("\n")}\n`);
const task = (id: string, state: string, attempt: number, token: string): TaskView =>
  ({ id, state, legs: [{ attempt, token }] }) as unknown as TaskView;
const oops = (id: string, attempt: number): OopsView => ({ task: id, attempt }) as unknown as OopsView;

const killed = ["start t-1 a 1 11 deploy alpha 1.000", "beat t-1 a 1 11 deploy alpha 1.200"];
const again = ["start t-1 b 2 12 deploy alpha 1.300", "end t-1 b 2 12 deploy alpha 1.400"];

test("a killed run and the one after it break nothing", () => {
  const runs = evidence(...killed, ...again);
  expect(slotOverlaps(runs)).toEqual([]);
  expect(taskOverlaps(runs)).toEqual([]);
  expect(runFindings(runs, [task("t-1", "succeeded", 2, "b")])).toEqual([]);
  expect(oopsFindings([task("t-1", "succeeded", 2, "b")], [oops("t-1", 1)], runs)).toEqual([]);
});

test("a run that still lives when the next one starts is found", () => {
  const runs = evidence(...killed, ...again, "beat t-1 a 1 11 deploy alpha 1.301");
  expect(slotOverlaps(runs)).toHaveLength(1);
  expect(taskOverlaps(runs)).toHaveLength(1);
});

test("one grant that two processes used, and a success without a run, are found", () => {
  const runs = evidence(...again, "start t-1 b 2 13 deploy alpha 2.000", "end t-1 b 2 13 deploy alpha 2.100");
  expect(runFindings(runs, [])).toHaveLength(1);
  expect(runFindings(evidence(...killed), [task("t-1", "succeeded", 1, "a")])).toHaveLength(1);
});

test("a failed attempt without an OOPS, and one with two, are found", () => {
  const runs = evidence(...killed, ...again);
  expect(oopsFindings([task("t-1", "succeeded", 2, "b")], [], runs)).toHaveLength(2);
  expect(
    oopsFindings([task("t-1", "succeeded", 2, "b")], [oops("t-1", 1), oops("t-1", 1)], runs),
  ).toHaveLength(1);
});
