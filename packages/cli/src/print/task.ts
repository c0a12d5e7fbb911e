import type { LegView, TaskView } from "@berth/protocol";
import { type Paint, styleOfState } from "./paint.ts";
import { type Column, factLines, tableLines } from "./table.ts";
import { oneLine } from "./text.ts";
import { durationText, momentText, relativeText } from "./time-text.ts";

/** `deploy shop on web-1` */
export function taskTitle({ kind, name, targets }: TaskView): string {
  const what = name === kind ? kind : `${kind} ${oneLine(name)}`;
  return `${what} on ${targets.join(", ")}`;
}

/** How long it ran, or has been running. */
export function ranText({ startedAt, endedAt }: TaskView, now: number): string {
  if (startedAt === null) return "";
  return durationText(Math.max(0, (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)));
}

export function taskColumns(now: number): readonly Column<TaskView>[] {
  return [
    { title: "ID", text: ({ id }) => id, style: () => "strong" },
    { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOfState(state) },
    { title: "KIND", text: ({ kind }) => kind },
    { title: "NAME", text: ({ name }) => name, mayShrink: true },
    { title: "TARGET", text: ({ targets }) => targets.join(", "), mayShrink: true },
    { title: "PRIORITY", text: ({ priority }) => priority },
    { title: "QUEUED", text: ({ queuedAt }) => relativeText(queuedAt, now) },
    { title: "RAN", text: (task) => ranText(task, now) },
  ];
}

export function taskLines(task: TaskView, now: number, paint: Paint): string[] {
  const { state, id, legs, timeoutMs, estimateMs, payload } = task;
  const facts = factLines(
    [
      ["Queued", momentText(task.queuedAt, now)],
      ["Started", momentText(task.startedAt, now)],
      ["Ended", momentText(task.endedAt, now)],
      ["Ran", ranText(task, now)],
      ["Priority", task.priority],
      ["Mutex", task.mutex],
      ["Not before", momentText(task.notBefore, now)],
      ["Queue expiry", momentText(task.queueExpiresAt, now)],
      ["Timeout", timeoutMs === null ? "" : durationText(timeoutMs)],
      ["Estimate", estimateMs === null ? "" : durationText(estimateMs)],
      ["Runs", runsText(payload)],
      ["Variables", namesText(payload?.variables)],
      ["Labels", pairsText(payload?.labels)],
      ["Requested by", oneLine(payload?.requestedBy ?? "")],
    ],
    paint,
  );
  const title = `${paint("strong", id)}  ${taskTitle(task)}: ${paint(styleOfState(state), state)}`;
  const next = nextStep(task);
  return [
    title,
    "",
    ...facts,
    "",
    ...tableLines(legs, legColumns(now), undefined, paint),
    ...(next === undefined ? [] : ["", next]),
  ];
}

function legColumns(now: number): readonly Column<LegView>[] {
  return [
    { title: "TARGET", text: ({ target }) => target },
    { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOfState(state) },
    { title: "MODE", text: ({ mode }) => mode },
    { title: "ATTEMPT", text: ({ attempt }) => (attempt === 0 ? "" : String(attempt)) },
    { title: "STARTED", text: ({ startedAt }) => relativeText(startedAt, now) },
    { title: "ENDED", text: ({ endedAt }) => relativeText(endedAt, now) },
    { title: "EXIT CODE", text: ({ exitCode }) => (exitCode === null ? "" : String(exitCode)) },
    { title: "REASON", text: ({ reason, cancel }) => reason ?? cancelText(cancel) },
  ];
}

function cancelText(cancel: LegView["cancel"]): string {
  if (cancel === null) return "";
  return `canceled by ${cancel.by}${cancel.reason === "" ? "" : `: ${cancel.reason}`}`;
}

function runsText(payload: TaskView["payload"]): string {
  if (payload?.script) {
    const lines = payload.script.text.trimEnd().split("\n").length;
    return `a ${payload.script.interpreter} script of ${lines} ${lines === 1 ? "line" : "lines"}`;
  }
  return payload?.handler ? `the handler ${payload.handler.name}` : "";
}

/** Without the values: some of them are secrets, and this is a terminal. */
function namesText(variables: Readonly<Record<string, string>> = {}): string {
  return Object.keys(variables).join(" ");
}

function pairsText(labels: Readonly<Record<string, string>> = {}): string {
  return oneLine(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  );
}

function nextStep({ id, state }: TaskView): string | undefined {
  if (state === "waiting") return `Why it waits: berth why ${id}`;
  if (state === "parked") return decideText(id);
  if (state === "running" || state === "cancelling") return `Its log: berth logs ${id} --follow`;
  return undefined;
}

export function decideText(id: string): string {
  return `Decide with: berth dead release ${id}, or berth dead discard ${id}`;
}
