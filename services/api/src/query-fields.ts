// The parts that queries are made of. Everything in a query is text at first.
import { z } from "zod";
import { invalid } from "./request-fields.ts";

/** `a,b`. An empty text is an empty list: it means none, never all. */
export function listOf<Item extends z.ZodType<unknown, string>>(
  item: Item,
  itemsMax: number,
): z.ZodPipe<z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>>, z.ZodArray<Item>> {
  return z
    .string()
    .transform((text) => (text === "" ? [] : text.split(",")))
    .pipe(z.array(item).max(itemsMax));
}

/** ISO 8601 with offset; becomes milliseconds since 1970. */
export const Time: z.ZodType<number, string> = z
  .string()
  // A plus sign that was not escaped arrives as a space.
  .transform((text) => text.replace(/ (\d\d:?\d\d)$/, "+$1"))
  .pipe(z.iso.datetime({ offset: true }))
  .transform((text) => Date.parse(text));

export function whole(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,15}$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

export const Cursor: z.ZodString = z.string().min(1).max(500);

export const pageLimit: z.ZodType<number, string | undefined> = whole(1, 1000).default(50);

/** Two times the wrong way round would silently match nothing. */
export function requireOrder<Name extends string>(
  query: Readonly<Partial<Record<Name, unknown>>>,
  from: Name,
  before: Name,
): void {
  const { [from]: start, [before]: end } = query;
  if (typeof start !== "number" || typeof end !== "number" || start < end) return;
  const message = `is not before \`${before}\`; nothing can match`;
  throw invalid([{ path: from, message }], "the query");
}
