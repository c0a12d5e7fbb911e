import { InvalidArgumentError } from "commander";

/** For an option that may be given several times, e.g. `--tag a --tag b`. */
export function collected<Value>(
  parse: (text: string) => Value,
): (text: string, before?: Value[]) => Value[] {
  return (text, before = []) => [...before, parse(text)];
}

/** For an option that takes a list, and may be given several times: `--state waiting,running --state parked`. */
export function collectedLists<Value>(
  parse: (text: string) => Value,
): (text: string, before?: Value[]) => Value[] {
  return (text, before = []) => [...before, ...text.split(",").map((part) => parse(part.trim()))];
}

export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new InvalidArgumentError(`Expected ${listOf(words)}.`);
    return word;
  };
}

export interface Pair {
  readonly name: string;
  readonly value: string;
}

/** `NAME=value`; the value may hold further equals signs, and may be empty. */
export function parsePair(text: string): Pair {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** Several pairs as a record. Of two of the same name the later one holds. */
export function recordOf(pairs: readonly Pair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
}

export function parseWholeNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError("Expected a whole number, 1 or more.");
  return number;
}

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a whole number, 0 or more.");
  return Number(text);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`Expected JSON: ${(error as Error).message}.`);
  }
}

/** `a, b or c` */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
