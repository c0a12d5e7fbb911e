import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

export interface Invocation {
  /** Extension of the script's file, with the dot. */
  readonly extension: string;
  /** What the interpreter needs to be told before the path of the script. */
  readonly options: readonly string[];
}

// PowerShell runs only files named .ps1, and would load the profile of the user.
const powerShell: Invocation = {
  extension: ".ps1",
  options: ["-NoLogo", "-NoProfile", "-NonInteractive", "-File"],
};

const invocations: Readonly<Record<string, Invocation>> = {
  bash: { extension: ".sh", options: [] },
  sh: { extension: ".sh", options: [] },
  python: { extension: ".py", options: [] },
  python3: { extension: ".py", options: [] },
  pwsh: powerShell,
  powershell: powerShell,
};

export function invocationOf(interpreter: string): Invocation {
  const name = interpreter.slice(interpreter.lastIndexOf("/") + 1);
  return Object.hasOwn(invocations, name) && invocations[name] !== undefined
    ? invocations[name]
    : { extension: "", options: [] };
}

/** The path of a program, looked up as a shell would; `null`: there is none. */
export async function findProgram(name: string, searchPath: string): Promise<string | null> {
  if (isAbsolute(name)) return (await isProgram(name)) ? name : null;
  // Relative to a folder that holds nothing but the script, a path with a slash can name nothing.
  if (name.includes("/")) return null;
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder || ".", name);
    if (isAbsolute(path) && (await isProgram(path))) return path;
  }
  return null;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
