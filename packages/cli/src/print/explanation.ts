import type { CauseView, ExplainView } from "@berth/protocol";
import { type Paint, styleOfState } from "./paint.ts";
import { oneLine } from "./text.ts";
import { durationText, momentText } from "./time-text.ts";

type Leg = ExplainView["legs"][number];

/** On one line, e.g. `position 2 in line: slot script of target web-1 is taken by …`. */
export function reasonText({ legs }: ExplainView): string {
  return legs
    .map((leg) => {
      const text = [positionText(leg), causesText(leg)].filter((part) => part !== "").join(": ");
      return legs.length === 1 ? text : `${leg.target}: ${text}`;
    })
    .join("; ");
}

function positionText({ position }: Leg): string {
  return position === null ? "" : `position ${position} in line`;
}

function causesText({ causes, summary }: Leg): string {
  return oneLine(causes.length === 0 ? summary : causes.map(({ message }) => message).join("; "));
}

export function explanationLines(explanation: ExplainView, now: number, paint: Paint): string[] {
  const { task, state, legs } = explanation;
  return [
    `${paint("strong", task)} is ${paint(styleOfState(state), state)}.`,
    ...legs.flatMap((leg) => ["", ...legLines(leg, now, paint)]),
  ];
}

function legLines(leg: Leg, now: number, paint: Paint): string[] {
  const facts = [leg.mode, positionText(leg)].filter((fact) => fact !== "").join(", ");
  return [
    `${paint("strong", leg.target)} (${facts})${leg.causes.length === 0 ? `: ${oneLine(leg.summary)}` : ""}`,
    ...leg.causes.flatMap((cause) => causeLines(cause, now, paint)),
  ];
}

function causeLines({ code, message, until, blockers }: CauseView, now: number, paint: Paint): string[] {
  const end = until === null ? "" : `; until ${momentText(until, now)} at the latest`;
  return [
    `  ${paint("waiting", code)}: ${oneLine(message)}${end}`,
    ...blockers.map(({ type, id, task, since, note }) => {
      const sinceText = since === null ? "" : `, for ${durationText(Math.max(0, now - Date.parse(since)))}`;
      return `    ${type === "leg" ? `task ${task}` : `${type} ${id}`}: ${oneLine(note)}${paint("quiet", sinceText)}`;
    }),
  ];
}
