import { z } from "zod";

/** The schema of a page of a list. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

type Defined<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };

/** Leaves out the fields that are undefined: for the store a field that is there filters. */
export function withoutUndefined<Fields extends object>(
  fields: Fields,
): Partial<Defined<Fields>> & Pick<Fields, RequiredNames<Fields>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

type RequiredNames<Fields> = {
  [Name in keyof Fields]-?: undefined extends Fields[Name] ? never : Name;
}[keyof Fields];
