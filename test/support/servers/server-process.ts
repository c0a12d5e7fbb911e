// A process of a server, with all that it starts: its process group is killed, paused and waited for as one.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../eventually.ts";
import type { Programs } from "./programs.ts";

export interface ServerCommand {
  /** Of its files below `folder`: `<name>.log` with what it printed, and `<name>.group`, which the warden kills. */
  readonly name: string;
  readonly folder: string;
  readonly programs: Programs;
  readonly path: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly pid: number;
  /** SIGKILL to all of it; resolves when nothing of it is left. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL where that does not help for long. */
  shutDown(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** How it ended, or undefined while it runs. */
  ending(): string | undefined;
}

const shutDownMs = 60_000;

export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const child = spawnDetached(command);
  const ended: { how?: string } = {};
  child.on("error", (error) => {
    ended.how = error.message;
  });
  child.on("exit", (code, signal) => {
    ended.how = `exit ${code ?? signal}`;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.path} could not be started`);
  const groupPath = join(command.folder, `${command.name}.group`);
  await writeFile(groupPath, String(pid));
  child.unref();
  const gone = async (deadlineMs?: number): Promise<void> => {
    const isGone = (): boolean => ended.how !== undefined && !hasLivingMember(pid);
    await eventually(`the end of ${command.name}`, isGone, deadlineMs);
    await rm(groupPath, { force: true });
  };
  const kill = async (): Promise<void> => {
    signalGroup(pid, "SIGKILL");
    await gone();
  };
  return {
    pid,
    kill,
    async shutDown() {
      signalGroup(pid, "SIGCONT");
      signalProcess(pid, "SIGTERM");
      await gone(shutDownMs).catch(kill);
    },
    async pause() {
      signalGroup(pid, "SIGSTOP");
    },
    async resume() {
      signalGroup(pid, "SIGCONT");
    },
    ending: () => ended.how,
  };
}

function spawnDetached({ name, folder, programs, path, environment, ...rest }: ServerCommand): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), "a");
  try {
    const [program, arguments_] = programs.commandOf(path, rest.arguments);
    return spawn(program, arguments_, {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ["ignore", log, log],
    });
  } finally {
    closeSync(log);
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  signalProcess(-group, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A zombie that nobody has collected is no living member. */
function hasLivingMember(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (!existsSync("/proc/self/stat")) return true;
  return readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && isLivingIn(group, pid));
}

function isLivingIn(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(itsGroup) === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}
