import { StoreError } from "../port.ts";

/**
 * What a client or a server says that is no answer. Whatever is not known to be something else may pass: then it is
 * unknown whether the server did what it was asked, and the same commit again tells.
 */
export function failureOf(error: unknown, where: string): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (/^(?:ERR Error running script.*)?OOM\b|\bOOM command not allowed/.test(text)) {
    const message = `${where} has no room left (maxmemory); nothing was written`;
    return new StoreError("store_full", message, options);
  }
  if (text.startsWith("WRONGTYPE")) {
    const message = `${where} has keys of this prefix that are not Berth's: ${text}`;
    return new StoreError("store_broken", message, options);
  }
  return new StoreError("store_unreachable", `${where} cannot be reached: ${text}`, options);
}
