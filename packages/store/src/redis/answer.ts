// What the scripts answer, as values that can be relied on.
import type { Connection } from "./connection.ts";

export class UnexpectedAnswer extends Error {
  constructor(what: string, answer: unknown) {
    super(`${what} answered ${JSON.stringify(answer)?.slice(0, 200)}`);
    this.name = "UnexpectedAnswer";
  }
}

/** A script's answer: a word, and what comes with it. */
export interface Answer {
  readonly type: string;
  readonly values: readonly string[];
}

export function readAnswer(what: string, answer: unknown): Answer {
  if (Array.isArray(answer)) {
    const [type, ...values] = answer.map(String);
    if (type !== undefined) return { type, values };
  }
  throw new UnexpectedAnswer(what, answer);
}

export function text(what: string, answer: unknown): string {
  if (typeof answer !== "string") throw new UnexpectedAnswer(what, answer);
  return answer;
}

/** Of HMGET and the like: `null` where there is nothing. */
export function texts(what: string, answer: unknown): (string | null)[] {
  if (!Array.isArray(answer)) throw new UnexpectedAnswer(what, answer);
  return answer.map((each: unknown) => (each === null ? null : String(each)));
}

/** Of a range: there is no gap in it. */
export function list(what: string, answer: unknown): string[] {
  if (!Array.isArray(answer)) throw new UnexpectedAnswer(what, answer);
  return answer.map(String);
}

/** A flat list as the pairs that it is made of. */
export function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    found.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  }
  return found;
}

/** The fields and values of a hash, each once, in steps that are short for Redis. */
export async function entriesOf(connection: Connection, key: string): Promise<[string, string][]> {
  const entries = new Map<string, string>();
  let cursor = "0";
  do {
    const answer = await connection.call("hscan", key, cursor, "COUNT", 1000);
    const [next, step] = answer as [string, unknown];
    for (const [field, value] of pairs(list("HSCAN", step))) entries.set(field, value);
    cursor = next;
  } while (cursor !== "0");
  return [...entries];
}
