import { z } from "zod";

/** A value in the environment that cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** One variable: its text comes in, what it means comes out. */
export type Variable<Value> = z.ZodType<Value, string | undefined>;
/** The variables of a process, by name. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;
export type ValuesOf<Named extends Variables> = { readonly [Name in keyof Named]: z.output<Named[Name]> };

/**
 * Reads the environment once. An empty variable is one that is wrong. Throws a `ConfigError` that names each wrong
 * variable, its value and what was expected.
 */
export function readEnvironment<Named extends Variables>(
  variables: Named,
  environment: NodeJS.ProcessEnv,
): ValuesOf<Named> {
  const parsed = z.object(variables).safeParse(environment);
  if (parsed.success) return Object.freeze(parsed.data as ValuesOf<Named>);
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const value = environment[name];
    return value === undefined
      ? `${name} is not set: ${message}`
      : `${name} is "${shown(value)}": ${message}`;
  });
  throw new ConfigError(wrong.join("\n"));
}

/** Passwords in addresses are not shown. */
function shown(value: string): string {
  return value.replaceAll(/(?<=\/\/)[^@/\s]*@/g, "…@");
}
