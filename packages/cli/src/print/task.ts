import { type LegView, TaskState, type TaskView } from "@berth/protocol";
import { type Paint, styleOfState } from "./paint.ts";
import { decideText, parkingLines } from "./parking.ts";
import { planFacts, stepOfText } from "./plan.ts";
import { type Column, factLines, tableLines } from "./table.ts";
import { oneLine } from "./text.ts";
import { durationText, momentText, relativeText } from "./time-text.ts";
import { targetsText, workText } from "./work.ts";

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
    { title: "TARGET", text: ({ targets }) => targetsText(targets), mayShrink: true },
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
      ["Targets", legs.length === 1 ? "" : `${legs.length}: ${legCountsText(legs)}`],
      ["Priority", task.priority],
      ["Mutex", task.mutex],
      ["Not before", momentText(task.notBefore, now)],
      ["Queue expiry", momentText(task.queueExpiresAt, now)],
      ["Timeout", timeoutMs === null ? "" : durationText(timeoutMs)],
      ["Estimate", estimateMs === null ? "" : durationText(estimateMs)],
      ...(task.plan === null ? [] : planFacts(task.plan)),
      ["Schedule", task.schedule ?? ""],
      ["Runs", runsText(payload ?? {})],
      ["Variables", namesText(payload?.variables)],
      ["Labels", pairsText(payload?.labels)],
      ["Requested by", oneLine(payload?.requestedBy ?? "")],
    ],
    paint,
  );
  const title = `${paint("strong", id)}  ${workText(task)}: ${paint(styleOfState(state), state)}`;
  return [
    title,
    "",
    ...facts,
    "",
    ...tableLines(legs, legColumns(task, now), undefined, paint),
    ...section(parkingLines(task)),
    ...section(nextSteps(task)),
  ];
}

function section(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** `1 running, 2 succeeded` */
export function legCountsText(legs: readonly LegView[]): string {
  const counts = TaskState.options.flatMap((state) => {
    const count = legs.filter((leg) => leg.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return counts.join(", ");
}

function legColumns(task: TaskView, now: number): readonly Column<LegView>[] {
  const steps: readonly Column<LegView>[] =
    (task.plan?.steps.length ?? 0) === 0
      ? []
      : [{ title: "STEP", text: ({ step }) => stepOfText(task, step).replace("step ", "") }];
  return [
    { title: "TARGET", text: ({ target }) => target },
    { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOfState(state) },
    { title: "MODE", text: ({ mode }) => mode },
    ...steps,
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

interface Work {
  readonly script?: { readonly interpreter: string; readonly text: string } | null | undefined;
  readonly handler?: { readonly name: string } | null | undefined;
}

/** Empty where its steps run, or where it only proves that a tentacle is there. */
export function runsText({ script, handler }: Work): string {
  if (script) {
    const lines = script.text.trimEnd().split("\n").length;
    return `a ${script.interpreter} script of ${lines} ${lines === 1 ? "line" : "lines"}`;
  }
  return handler ? `the handler ${handler.name}` : "";
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

/** What one may want to do next. */
function nextSteps(task: TaskView): string[] {
  const { id, state, plan } = task;
  const children = plan?.steps.some(({ awaitsChildren }) => awaitsChildren) === true;
  const next = children ? [`Its children: berth tasks --parent ${id}`] : [];
  if (state === "waiting") return [...next, `Why it waits: berth why ${id}`];
  if (state === "parked") return [...next, decideText(task)];
  if (state === "running" || state === "cancelling") return [...next, `Its log: berth logs ${id} --follow`];
  return next;
}
