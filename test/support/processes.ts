import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** Whether a process runs; a zombie does not. */
export function isLiving(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch (error) {
    // Gone in between, or a system without /proc, where a zombie counts as living.
    return (error as NodeJS.ErrnoException).code !== "ENOENT" || process.platform !== "linux";
  }
}

/** The guards of the tentacle in that workspace, by the path that is among their arguments. */
export async function guardsOf(workspace: string): Promise<number[]> {
  const processes = existsSync("/proc/self/cmdline") ? processesByProc() : await processesByPs();
  return processes
    .filter(({ words }) => words.includes("guard.sh") && words.includes(`${workspace}/`))
    .map(({ pid }) => pid);
}

interface ProcessFacts {
  readonly pid: number;
  readonly words: string;
}

function processesByProc(): ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), words: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
      } catch {
        return [];
      }
    });
}

async function processesByPs(): Promise<ProcessFacts[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,args="]);
  return stdout.split("\n").map((line) => ({ pid: Number.parseInt(line, 10), words: line }));
}
