// The variables of the Compose Specification: `${NAME}`, `${NAME:-otherwise}`, `${NAME:?why it must be set}`, and `$$` for a dollar.
const reference = /\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([^}]*))?\})/g;

/** Of all texts that are values, never of keys. Throws where one is missing that must be set, and on any other use of `$`. */
export function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return interpolateText(value, variables);
  if (Array.isArray(value)) return value.map((each) => interpolate(each, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, interpolate(each, variables)] as const),
  );
}

function interpolateText(text: string, variables: Readonly<Record<string, string>>): string {
  if (text.replace(reference, "").includes("$")) throw new Error(`a "$" that is no variable: ${text}`);
  return text.replace(reference, (_match, dollar, name: string, operator, argument: string) => {
    if (dollar !== undefined) return "$";
    const value = variables[name];
    if (value !== undefined && value !== "") return value;
    if (operator === "?") throw new Error(`${name} must be set: ${argument}`);
    return operator === "-" ? argument : "";
  });
}
