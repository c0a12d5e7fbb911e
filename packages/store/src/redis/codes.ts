// Closed sets as small numbers, which are part of what is stored: add at the end, and never change one.
import type { Mode, PriorityClass, TaskKind, TaskState } from "@berth/engine";

/** Live states first: the scripts know that those of 5 and more are ends, and that 0 is waiting. */
const states: readonly TaskState[] = [
  "waiting",
  "granted",
  "running",
  "cancelling",
  "parked",
  "succeeded",
  "failed",
  "canceled",
  "timed-out",
  "unavailable",
];
const kinds: readonly TaskKind[] = ["deploy", "runbook", "health-check", "job"];
const priorities: readonly PriorityClass[] = ["top", "high", "normal", "low"];
const modes: readonly Mode[] = ["exclusive", "shared", "bypass"];

export const stateCount: number = states.length;
export const waitingState = 0;
const firstEndState = 5;
export const succeededState = 5;

export const stateCode: (state: TaskState) => number = coder(states);
export const kindCode: (kind: TaskKind) => number = coder(kinds);
export const priorityCode: (priority: PriorityClass) => number = coder(priorities);
export const modeCode: (mode: Mode) => number = coder(modes);

export const stateOf: (code: number) => TaskState = decoder("state", states);
export const kindOf: (code: number) => TaskKind = decoder("kind", kinds);
export const priorityOf: (code: number) => PriorityClass = decoder("priority", priorities);
export const modeOf: (code: number) => Mode = decoder("mode", modes);

export function isEndCode(code: number): boolean {
  return code >= firstEndState;
}

function coder<Word extends string>(words: readonly Word[]): (word: Word) => number {
  const codes = Object.fromEntries(words.map((word, code) => [word, code])) as Record<Word, number>;
  return (word) => codes[word];
}

function decoder<Word>(what: string, words: readonly Word[]): (code: number) => Word {
  return (code) => {
    const word = words[code];
    if (word === undefined) throw new Error(`${code} stands for no ${what}`);
    return word;
  };
}
