// Answers to questions as text: why a task does not start, whether a scope is clear, how full the semaphores are.
import type { Cause, Clearance, Explanation, LegExplanation, SemaphoreFigures } from "@berth/engine";
import { quarantineText } from "./record.ts";
import { momentText } from "./time.ts";
import { moment, setting, tokenText, words } from "./words.ts";

export function explanationLines(explanation: Explanation): string[] {
  return [`task ${explanation.task} is ${explanation.state}`, ...explanation.legs.flatMap(legLines)];
}

function legLines(leg: LegExplanation): string[] {
  const place = leg.position === null ? "" : `, position ${leg.position}`;
  const start = leg.estimatedStartAt === null ? "" : `, starts about ${momentText(leg.estimatedStartAt)}`;
  // With causes, the summary is made of their messages.
  const summary = leg.causes.length === 0 ? `: ${leg.summary}` : "";
  return [
    `  leg ${leg.leg} on ${leg.target} ${leg.mode} is ${leg.state}${place}${start}${summary}`,
    ...leg.causes.flatMap(causeLines),
  ];
}

function causeLines({ code, until, message, blockers }: Cause): string[] {
  const end = until === null ? "" : ` until=${momentText(until)}`;
  return [
    `    ${code}${end}: ${message}`,
    ...blockers.map(({ type, id, task, since, note }) => {
      const name = type === "quarantine" ? tokenText(id) : id;
      // A task and a leg name themselves.
      const of = task === id ? null : task;
      return `      ${words(type, name, setting("task", of), setting("since", moment(since)))}: ${note}`;
    }),
  ];
}

export function clearanceLines({ isClear, clearAt, running, quarantines }: Clearance): string[] {
  const when = clearAt === null ? "nobody knows when it will be" : `it will be about ${momentText(clearAt)}`;
  return [
    isClear ? "it is clear" : `it is not clear, ${when}`,
    ...running.map((leg) =>
      words(
        `  leg ${leg.leg} on ${leg.target} ${leg.mode} ${leg.kind} "${leg.name}" is ${leg.state}`,
        `since=${momentText(leg.since)}`,
        setting("expected-end", moment(leg.expectedEndAt)),
      ),
    ),
    ...quarantines.map((quarantine) => `  ${quarantineText(quarantine)}`),
  ];
}

/** Those that somebody has set, that a task names or that somebody holds. */
export function semaphoreLines(semaphores: readonly SemaphoreFigures[]): string[] {
  const shown = semaphores.filter(
    ({ id, held, isSet }) => isSet || held > 0 || !/^(task-cap$|lane\.)/.test(id),
  );
  if (shown.length === 0) return ["none is set, held or named"];
  return shown.map(({ id, held, limit, isSet }) =>
    words(`${id}: ${held} of ${limit ?? "any number"}`, isSet ? "" : "(by itself)"),
  );
}
