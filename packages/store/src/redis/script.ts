import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface Script {
  readonly text: string;
  /** What EVALSHA calls it. */
  readonly sha: string;
}

export type ScriptName =
  | "acquire"
  | "renew"
  | "release"
  | "history"
  | "commit"
  | "fence"
  | "stage"
  | "check"
  | "seal"
  | "carry"
  | "records"
  | "scan"
  | "forget"
  | "forget-oops";

/** What a script needs before it, besides what all need. */
const includes: Readonly<Partial<Record<ScriptName, readonly string[]>>> = {
  commit: ["batch", "look", "apply"],
  check: ["batch", "look", "parts"],
  seal: ["batch", "look", "parts"],
  carry: ["batch", "look", "apply"],
  records: ["rows"],
};

function read(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), "utf8");
}

function make(name: ScriptName): Script {
  const text = ["space", ...(includes[name] ?? []), name].map(read).join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

const known = new Map<ScriptName, Script>();

export function scriptOf(name: ScriptName): Script {
  let script = known.get(name);
  if (script === undefined) {
    script = make(name);
    known.set(name, script);
  }
  return script;
}
