import { pathToFileURL } from "node:url";
import { ConfigError } from "@berth/process";
import type { Handler } from "@berth/tentacle";

/**
 * The handlers that a module exports under the name `handlers`, by their names. Throws a `ConfigError` where the module
 * cannot be loaded, or exports something else.
 */
export async function loadHandlers(file: string): Promise<Readonly<Record<string, Handler>>> {
  const wrong = (problem: string, cause?: unknown): ConfigError =>
    new ConfigError(`BERTH_HANDLERS is "${file}": ${problem}`, { cause });
  let loaded: { readonly handlers?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    throw wrong(
      `the module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
  const { handlers } = loaded;
  if (typeof handlers !== "object" || handlers === null)
    throw wrong("expected a module that exports `handlers`, an object of handlers by name");
  for (const [name, handler] of Object.entries(handlers)) {
    if (!isHandler(handler)) throw wrong(`expected "${name}" to be a function, or { module: URL }`);
  }
  return handlers as Readonly<Record<string, Handler>>;
}

function isHandler(value: unknown): value is Handler {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && "module" in value && value.module instanceof URL;
}
