import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

/** Tells a process from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the system writes it; two processes of one number have different ones. */
  readonly startedAt: string;
  /** Changes when the machine starts anew; empty where the system does not tell. */
  readonly boot: string;
  /** Numbers mean something only within it (a container has its own); empty where the system does not tell. */
  readonly namespace: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const startedAt = await startOf(process.pid);
  return {
    pid: process.pid,
    startedAt: startedAt ?? "",
    boot: await bootId(),
    namespace: await namespaceId(),
  };
}

type Liveness = "living" | "ended" | "unknown";

/** `unknown`: it ran in another namespace of processes, into which nobody can look from here. */
export async function livenessOf(identity: ProcessIdentity): Promise<Liveness> {
  if (identity.boot !== (await bootId())) return "ended";
  if (identity.namespace !== (await namespaceId())) return "unknown";
  const startedAt = await startOf(identity.pid);
  return startedAt !== null && startedAt === identity.startedAt ? "living" : "ended";
}

/** Whether the machine has started anew since that process. */
export async function isOfEarlierBoot(identity: ProcessIdentity): Promise<boolean> {
  return identity.boot !== (await bootId());
}

/** `null`: there is no such process, or only its zombie. */
async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return startByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  // The name before it is in parentheses and may contain anything. Fields from `state` on: proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  return state === "Z" || state === "X" ? null : (fields[19] ?? null);
}

async function startByPs(pid: number): Promise<string | null> {
  const options = { env: { ...process.env, LC_ALL: "C", TZ: "UTC" } };
  const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], options).catch(
    () => ({ stdout: "" }),
  );
  return stdout.trim() || null;
}

async function bootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return text.trim();
}

async function namespaceId(): Promise<string> {
  return readlink("/proc/self/ns/pid").catch(() => "");
}
