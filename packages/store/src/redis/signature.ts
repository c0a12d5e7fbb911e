import type { TaskKind, TaskRecord } from "@berth/engine";
import type { TaskQuery } from "../port.ts";
import { kindCode } from "./codes.ts";

/**
 * What stands for a task where tasks are looked for: a text of fixed length, so that those of many tasks are one long text.
 * To read those of a million takes less than to keep an index for each filter would take with every commit. Names are
 * in it as hashes, so what matches here must be compared with the record.
 */
export const signatureLength = 25;

/** In the order of their codes, so that times can be compared as text. */
const alphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const pairs: readonly string[] = [...alphabet].flatMap((one) => [...alphabet].map((other) => one + other));

/** None of the alphabet. */
const none = "    ";
const several = "~~~~";

const columns = { queuedAt: 0, kind: 8, target: 9, name: 13, parent: 17, schedule: 21 } as const;

export function signatureOf(task: TaskRecord): string {
  const { targets, plan, schedule } = task;
  const [target] = targets;
  return (
    timeText(task.queuedAt) +
    alphabet[kindCode(task.kind)] +
    (targets.length === 1 && target !== undefined ? hashText(target) : several) +
    hashText(task.name) +
    (plan === null || plan.parent === null ? none : hashText(plan.parent)) +
    (schedule === null ? none : hashText(schedule))
  );
}

function timeText(at: number): string {
  const high = Math.floor(at / 0x1000000) & 0xffffff;
  const low = at % 0x1000000;
  return text24(high) + text24(low);
}

function text24(value: number): string {
  return `${pairs[value >>> 12]}${pairs[value & 0xfff]}`;
}

/** FNV-1a over the code units, folded to 24 bits. */
function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return text24(((hash >>> 24) ^ hash) & 0xffffff);
}

/** Tells of a text of signatures which of them match; `null` where a query asks for nothing that is in them. */
export type Matcher = (signatures: string, index: number) => boolean;

export function matcherOf(query: TaskQuery): Matcher | null {
  const tests: ((signatures: string, at: number) => boolean)[] = [];
  const { queuedFrom, queuedBefore, kinds, target, name, parent, schedule } = query;
  const from = queuedFrom === undefined ? undefined : timeText(Math.max(0, Math.ceil(queuedFrom)));
  const before = queuedBefore === undefined ? undefined : timeText(Math.max(0, Math.ceil(queuedBefore)));
  if (from !== undefined) tests.push((text, at) => text.slice(at, at + 8) >= from);
  if (before !== undefined) tests.push((text, at) => text.slice(at, at + 8) < before);
  if (kinds !== undefined) tests.push(kindTest(kinds));
  if (target !== undefined) {
    const hash = hashText(target);
    const column = columns.target;
    tests.push((text, at) => text.startsWith(hash, at + column) || text.startsWith(several, at + column));
  }
  if (name !== undefined) tests.push(hashTest(name, columns.name));
  if (parent !== undefined) tests.push(hashTest(parent, columns.parent));
  if (schedule !== undefined) tests.push(hashTest(schedule, columns.schedule));
  if (tests.length === 0) return null;
  return (signatures, index) => {
    const at = index * signatureLength;
    return tests.every((test) => test(signatures, at));
  };
}

function kindTest(kinds: readonly TaskKind[]): (text: string, at: number) => boolean {
  const wanted = kinds.map((kind) => alphabet[kindCode(kind)]).join("");
  return (text, at) => wanted.includes(text.charAt(at + columns.kind));
}

function hashTest(value: string, column: number): (text: string, at: number) => boolean {
  const hash = hashText(value);
  return (text, at) => text.startsWith(hash, at + column);
}
