import type { CauseView, ExplainView } from "@berth/protocol";
import { type Paint, styleOfState } from "./paint.ts";
import { oneLine } from "./text.ts";
import { aboutText, durationText, momentText, relativeText } from "./time-text.ts";
import { targetsText } from "./work.ts";

type Leg = ExplainView["legs"][number];

/** Legs of which the same is to be said. */
interface Alike {
  readonly text: string;
  readonly targets: string[];
}

/** What is told at once, of a task that waits on many targets for many reasons. */
const reasonsShown = 3;

/** On one line, e.g. `position 2 in line: slot script of target web-1 is taken by …; starts about 14:32`. */
export function reasonText({ legs }: ExplainView, now: number): string {
  const waiting = legs.filter(({ state }) => state === "waiting");
  const reasons = alike(waiting, (leg) => {
    const text = [positionText(leg), causesText(leg)].filter((part) => part !== "").join(": ");
    return leg.estimatedStartAt === null ? text : `${text}; starts ${aboutText(leg.estimatedStartAt, now)}`;
  });
  const texts = reasons.map(({ text, targets }) =>
    legs.length === 1 ? text : `${targetsText(targets)}: ${text}`,
  );
  const more = texts.length - reasonsShown;
  return [...texts.slice(0, reasonsShown), ...(more > 0 ? [`and ${more} other reasons`] : [])].join("; ");
}

/** In the order in which each text comes first. */
function alike(legs: readonly Leg[], textOf: (leg: Leg) => string): Alike[] {
  const byText = new Map<string, Alike>();
  for (const leg of legs) {
    const text = textOf(leg);
    const known = byText.get(text);
    if (known === undefined) byText.set(text, { text, targets: [leg.target] });
    else known.targets.push(leg.target);
  }
  return [...byText.values()];
}

function positionText({ position }: Leg): string {
  return position === null ? "" : `position ${position} in line`;
}

function causesText({ causes, summary }: Leg): string {
  return oneLine(causes.length === 0 ? summary : causes.map(({ message }) => message).join("; "));
}

export function explanationLines(explanation: ExplainView, now: number, paint: Paint): string[] {
  const { task, state, legs } = explanation;
  const bodies = alike(legs, (leg) => legLines(leg, now, paint).join("\n"));
  return [
    `${paint("strong", task)} is ${paint(styleOfState(state), state)}.`,
    ...bodies.flatMap(({ targets, text }) => [
      "",
      ...`${paint("strong", targetsText(targets))}${text}`.split("\n"),
    ]),
  ];
}

/** What follows the name of its target. */
function legLines(leg: Leg, now: number, paint: Paint): string[] {
  const facts = [leg.mode, positionText(leg)].filter((fact) => fact !== "").join(", ");
  return [
    ` (${facts})${leg.causes.length === 0 ? `: ${oneLine(leg.summary)}` : ""}`,
    ...leg.causes.flatMap((cause) => causeLines(cause, now, paint)),
    ...(leg.state === "waiting" ? [`  ${startText(leg, now)}`] : []),
  ];
}

function startText({ estimatedStartAt }: Leg, now: number): string {
  if (estimatedStartAt === null) return "Nobody can know when it starts.";
  const about = aboutText(estimatedStartAt, now);
  const distance = about === "now" ? "" : `, ${relativeText(estimatedStartAt, now)}`;
  return `Starts ${about}${distance}.`;
}

function causeLines({ code, message, until, blockers }: CauseView, now: number, paint: Paint): string[] {
  const end = until === null ? "" : `; until ${momentText(until, now)} at the latest`;
  return [
    `  ${paint("waiting", code)}: ${oneLine(message)}${end}`,
    ...blockers.map(({ type, id, task, since, note }) => {
      const who = type === "leg" ? `task ${task}` : `${type} ${oneLine(id)}`;
      return `    ${who}: ${oneLine(note)}${paint("quiet", sinceText(since, now))}`;
    }),
  ];
}

/** A hold that begins later is in the way before. */
function sinceText(since: string | null, now: number): string {
  if (since === null) return "";
  const ms = now - Date.parse(since);
  return ms < 0 ? `, from ${momentText(since, now)}` : `, for ${durationText(ms)}`;
}
