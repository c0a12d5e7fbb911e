// Reads bodies and queries by their schemas. What is wrong is told so that its sender can mend it: the field, its value,
// what was expected.
import { BerthError, Name } from "@berth/protocol";
import { z } from "zod";
import { nearest, suggestion } from "./nearest.ts";

interface WrongField {
  readonly path: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Longer values are cut: the sender knows them. */
const shownCharactersMax = 80;

/** Throws `request_invalid`. `what`: `the body` or `the query`. */
export function readFields<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = parse(schema, value, what);
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap((issue) => wrongFields(issue, schema));
  throw invalid(fields, what);
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value, { reportInput: true });
  } catch (error) {
    // Schemas that contain themselves are as deep as what they check, and the stack is not.
    if (error instanceof RangeError) throw invalid([{ path: "", message: "is nested too deeply" }], what);
    throw error;
  }
}

export function invalid(fields: readonly WrongField[], what: string): BerthError {
  const [first] = fields;
  const where = first === undefined || first.path === "" ? what : `\`${first.path}\``;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more in \`fields\`)` : "";
  return new BerthError("request_invalid", `${where} ${first?.message ?? "is not valid"}${more}`, { fields });
}

/** A name that stands in the path of a request. `field`: what it is the name of. */
export function readName(name: string | undefined, field: string): string {
  const result = Name.safeParse(name);
  if (result.success) return result.data;
  const message = `is "${name}"; expected ${result.error.issues[0]?.message ?? "another name"}`;
  throw invalid([{ path: field, message }], "the name");
}

function wrongFields(issue: Issue, schema: z.ZodType): WrongField[] {
  const path = pathText(issue.path);
  if (issue.code !== "unrecognized_keys") {
    return [{ path, message: messageOf(issueOfDiscriminator(issue)) }];
  }
  const known = knownFields(schema, issue.path);
  return issue.keys.map((key) => ({
    path: pathText([...issue.path, key]),
    message: `is not a field that is known here${hint(key, known)}`,
  }));
}

function hint(key: string, known: readonly string[]): string {
  if (nearest(key, known) !== null) return suggestion(key, known);
  return known.length === 0 ? "" : `; known are ${known.join(", ")}`;
}

function messageOf(issue: Issue): string {
  const value = issue.input;
  // What a schema says in its own words is better than what follows from its form.
  const own = /^(Invalid|Too |Unrecognized)/.test(issue.message) ? null : issue.message;
  if (value === undefined && issue.code !== "custom")
    return `is missing; expected ${own ?? expectation(issue)}`;
  if (issue.code === "too_small" && own !== null) return `is ${shown(value)}: ${own}`;
  if (issue.code === "invalid_key") return `has a name that is not allowed; expected ${expectation(issue)}`;
  return `is ${shown(value)}; expected ${own ?? expectation(issue)}${meant(issue, value)}`;
}

/** The field that tells which of several forms an object has is wrong like any other with a closed set of values. */
function issueOfDiscriminator(issue: Issue): Issue {
  if (issue.code !== "invalid_union" || !("options" in issue) || issue.discriminator === undefined)
    return issue;
  const { input, options = [], discriminator, path, message } = issue;
  const value: unknown =
    typeof input === "object" && input !== null ? Reflect.get(input, discriminator) : undefined;
  return { code: "invalid_value", values: options, input: value, path, message };
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return article(issue.expected);
    case "invalid_value":
      return issue.values.length === 1 ? shown(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_format":
      return issue.format === "datetime"
        ? "a time of ISO 8601 with its offset, e.g. 2031-05-06T07:08:09Z"
        : `text of the form ${issue.pattern ?? issue.format}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? "another name";
    default:
      return "another value";
  }
}

function meant(issue: Issue, value: unknown): string {
  if (issue.code !== "invalid_value" || typeof value !== "string") return "";
  return suggestion(value, issue.values.map(String));
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: "a text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "an object",
    record: "an object",
  };
  return names[type] ?? type;
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" ? " entries" : "";
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

/** The fields of the object schema that stands at this place, as far as the way there leads through plain schemas. */
function knownFields(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return knownFields(schema.unwrap(), path);
  }
  const [part, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (part === undefined) return Object.keys(schema.shape);
    const field: z.core.$ZodType | undefined = schema.shape[String(part)];
    return field === undefined ? [] : knownFields(field, rest);
  }
  if (schema instanceof z.ZodArray && part !== undefined) return knownFields(schema.element, rest);
  return [];
}
