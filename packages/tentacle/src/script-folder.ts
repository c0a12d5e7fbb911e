import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Payload, Script } from "@berth/protocol";
import { invocationOf } from "./interpreter.ts";

export interface ScriptFolder {
  readonly path: string;
  readonly script: string;
  readonly variables: string;
}

/** Writes the script and its variables into a folder that only this user can read. */
export async function createScriptFolder(
  parent: string,
  script: Script,
  payload: Payload,
): Promise<ScriptFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(parent, "script-"));
  const folder = {
    path,
    script: join(path, `script${invocationOf(script.interpreter).extension}`),
    variables: join(path, "variables.json"),
  };
  await Promise.all([
    writeFile(folder.script, script.text, { mode: 0o600 }),
    writeFile(folder.variables, JSON.stringify(payload.variables), { mode: 0o600 }),
  ]);
  return folder;
}

export async function removeScriptFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
