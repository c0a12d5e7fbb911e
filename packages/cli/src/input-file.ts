import { readFile } from "node:fs/promises";
import type { Dependencies } from "./dependencies.ts";
import { UsageError } from "./error-lines.ts";

type Stdin = Dependencies["stdin"];

/** The text of a file, or of stdin for `-`. `what` the file holds, e.g. `script`, is for the error. */
export async function textOfFile(file: string, what: string, stdin: Stdin): Promise<string> {
  if (file === "-") return textOfStream(stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`The ${what} ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** The same as JSON; the error says where in the file it stops to be any. */
export async function jsonOfFile(file: string, what: string, stdin: Stdin): Promise<unknown> {
  const text = await textOfFile(file, what, stdin);
  try {
    return JSON.parse(text);
  } catch (error) {
    const name = file === "-" ? "from stdin" : file;
    throw new UsageError(`The ${what} ${name} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
}

async function textOfStream(stdin: Stdin): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks).toString("utf8");
}
