// What the rules work on: the files of the repository as paths and texts.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** From 1; absent where the file as a whole is meant. */
  readonly line?: number;
  readonly message: string;
}

export type Rule = (files: readonly SourceFile[]) => Violation[];

const root = fileURLToPath(new URL("../..", import.meta.url));
const notOurs = new Set(["node_modules", ".git", ".berth", "coverage", "dist"]);
let known: readonly SourceFile[] | undefined;

/** Every text file that is or would be committed: new files count before anybody has added them. */
export function repositoryFiles(): readonly SourceFile[] {
  known ??= listPaths()
    .filter((path) => existsSync(root + path))
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }))
    .filter(({ text }) => !text.includes("\0"));
  return known;
}

/** `path:line  message`, as an editor or a terminal can follow it. */
export function toLines(violations: readonly Violation[]): string[] {
  return violations.map(
    ({ path, line, message }) => `${path}${line === undefined ? "" : `:${line}`}  ${message}`,
  );
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function listPaths(): string[] {
  try {
    const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    const output = execFileSync("git", listing, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.split("\0").filter((path) => path !== "");
  } catch {
    // An archive of the sources has no git.
    return walkFolder("");
  }
}

function walkFolder(folder: string): string[] {
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) return walkFolder(`${path}/`);
    return entry.isFile() ? [path] : [];
  });
}
