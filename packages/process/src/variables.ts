import { Name } from "@berth/protocol";
import { z } from "zod";
import type { Variable } from "./environment.ts";

const dayMs = 86_400_000;

/** A coercion would take an empty variable for 0, and so for any port. */
const whole = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number);

/** A whole number; both bounds may be it. */
export function between(least: number, most: number, otherwise: number): Variable<number> {
  return whole.pipe(z.int().min(least).max(most)).default(otherwise);
}

/** From a second to a day. */
export function milliseconds(otherwise: number): Variable<number> {
  return between(1_000, dayMs, otherwise);
}

export function text(otherwise: string): Variable<string> {
  return z.string().min(1, "expected some text").default(otherwise);
}

export function oneOf<const Value extends string>(
  values: readonly [Value, ...Value[]],
  otherwise: Value,
): Variable<Value> {
  return z.enum(values).default(otherwise as never) as unknown as Variable<Value>;
}

export function name(otherwise: string): Variable<string> {
  return Name.default(otherwise);
}

/** One that has to be set. `expected` says what for. */
export function requiredName(expected: string): Variable<string> {
  return z.string({ error: expected }).pipe(Name) as unknown as Variable<string>;
}

/** Names that are separated by commas, each once; at least one. */
export function names(otherwise: string): Variable<readonly string[]> {
  return z
    .string()
    .default(otherwise)
    .transform((listed) => [...new Set(wordsOf(listed))])
    .pipe(z.array(Name).min(1, "expected names, separated by commas"));
}

/** Anything that is separated by commas; may be nothing. */
export function words(): Variable<readonly string[]> {
  return z.string().default("").transform(wordsOf);
}

function wordsOf(listed: string): string[] {
  return listed
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** An address with one of these schemes, such as `amqp`. */
export function address(schemes: readonly string[], otherwise: string): Variable<string> {
  const expected = `expected an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`;
  return z
    .string()
    .refine((value) => schemes.some((scheme) => value.startsWith(`${scheme}://`)), expected)
    .default(otherwise);
}

export const logLevel: Variable<string> = oneOf(
  ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
  "info",
);

/** `null`: nobody is told. 0: any free port. */
export const healthPort: Variable<number | null> = z
  .union([z.literal("off").transform(() => null), whole.pipe(z.int().max(65_535))], {
    error: 'expected a port, 0 for any free one, or "off"',
  })
  .default(null);

/** `null`: it is not set. */
export const optionalText: Variable<string | null> = z
  .string()
  .min(1, "expected some text")
  .default(null as never);

/** As `names`; `null`: it is not set. */
export const optionalNames: Variable<readonly string[] | null> = z
  .string()
  .transform((listed) => [...new Set(wordsOf(listed))])
  .pipe(z.array(Name).min(1, "expected names, separated by commas"))
  .default(null as never);
