import { isSafe } from "@berth/client";
import type { ClearanceView } from "@berth/protocol";
import { heldText } from "./hold.ts";
import { type Paint, styleOfState } from "./paint.ts";
import { type Column, tableLines } from "./table.ts";
import { aboutText, durationText, momentText, relativeText } from "./time-text.ts";

type Running = ClearanceView["running"][number];
type Quarantine = ClearanceView["quarantines"][number];

/** Whether it is safe yet, on one line, e.g. `Not yet: 2 tasks run; until about 14:32, in 5 min.` */
export function safetyText(clearance: ClearanceView, now: number): string {
  if (isSafe(clearance)) return safeText(clearance);
  const { running, quarantines, hold } = clearance;
  const busy = [
    runningText(running),
    quarantines.length === 0 ? "" : `${countText(quarantines.length, "slot")} quarantined`,
  ].filter((text) => text !== "");
  const sentences = [
    busy.length === 0 ? "" : `${busy.join(", ")}${clearText(clearance, now)}.`,
    hold === undefined || hold.active ? "" : `${hold.id} begins ${momentText(hold.from, now)}.`,
  ];
  return `Not yet: ${sentences.filter((text) => text !== "").join(" ")}`;
}

function safeText({ hold }: ClearanceView): string {
  if (hold === undefined) return "Safe: nothing runs.";
  const { id, longerThanMs } = hold;
  const rest =
    longerThanMs === null ? "" : ` What takes up to ${durationText(longerThanMs)} may still start.`;
  return `Safe: nothing runs in what ${id} holds.${rest}`;
}

/** Tasks, and not their legs: those are what people know. */
function runningText(running: readonly Running[]): string {
  const count = new Set(running.map(({ task }) => task)).size;
  return count === 0 ? "" : `${countText(count, "task")} ${count === 1 ? "runs" : "run"}`;
}

function clearText({ clearAt }: ClearanceView, now: number): string {
  if (clearAt === null) return "; nobody can know until when";
  const about = aboutText(clearAt, now);
  return about === "now" ? "; it should be over by now" : `; until ${about}, ${relativeText(clearAt, now)}`;
}

function countText(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** All of it: who runs until when, what is quarantined and how to open it. */
export function clearanceLines(clearance: ClearanceView, now: number, paint: Paint): string[] {
  const { running, quarantines, hold } = clearance;
  const style = isSafe(clearance) ? "good" : "waiting";
  return [
    paint(style, safetyText(clearance, now)),
    ...(hold === undefined ? [] : [`${hold.id} by ${hold.owner} holds ${heldText(hold)}: ${hold.reason}`]),
    ...table(running, runningColumns(now), paint),
    ...table(quarantines, quarantineColumns(now), paint),
    ...quarantines.map(({ target, mutex }) => {
      return `Once it has ended: berth quarantine release ${target} --mutex ${mutex}`;
    }),
  ];
}

function runningColumns(now: number): readonly Column<Running>[] {
  return [
    { title: "TASK", text: ({ task }) => task, style: () => "strong" },
    { title: "KIND", text: ({ kind }) => kind },
    { title: "NAME", text: ({ name }) => name },
    { title: "TARGET", text: ({ target }) => target },
    { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOfState(state) },
    { title: "SINCE", text: ({ since }) => relativeText(since, now) },
    { title: "UNTIL", text: (leg) => untilText(leg, now) },
  ];
}

function untilText({ expectedEndAt }: Running, now: number): string {
  if (expectedEndAt === null) return "nobody knows";
  const about = aboutText(expectedEndAt, now);
  return about === "now" ? "any moment" : `${about}, ${relativeText(expectedEndAt, now)}`;
}

function quarantineColumns(now: number): readonly Column<Quarantine>[] {
  return [
    { title: "QUARANTINED", text: ({ target }) => target, style: () => "bad" },
    { title: "MUTEX", text: ({ mutex }) => mutex },
    { title: "LEG THAT MAY STILL RUN", text: ({ leg }) => leg },
    { title: "SINCE", text: ({ since }) => relativeText(since, now) },
  ];
}

function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paint: Paint): string[] {
  return rows.length === 0 ? [] : ["", ...tableLines(rows, columns, undefined, paint)];
}
