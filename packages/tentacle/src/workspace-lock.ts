import { randomUUID } from "node:crypto";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { livenessOf, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** Another tentacle that is alive uses the workspace. */
export class WorkspaceInUse extends Error {
  constructor(directory: string, pid: number) {
    super(`the workspace ${directory} is in use by the tentacle with process id ${pid}; give each its own`);
    this.name = "WorkspaceInUse";
  }
}

export interface WorkspaceLock {
  release(): Promise<void>;
}

/** Takes the lock of a workspace, also from a process that is gone. Rejects with `WorkspaceInUse`. */
export async function lockWorkspace(directory: string): Promise<WorkspaceLock> {
  const path = `${directory}/lock`;
  const own = JSON.stringify(await ownIdentity());
  while (!(await create(path, own))) {
    const held = await readFile(path, "utf8").catch(() => null);
    if (held === null) continue;
    const holder = parse(held);
    if (holder !== null && (await livenessOf(holder)) === "living") {
      throw new WorkspaceInUse(directory, holder.pid);
    }
    await takeAway(path, held);
  }
  return { release: () => takeAway(path, own) };
}

/** Writes the whole file at once: nobody ever sees half of it. `false`: it exists. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    await unlink(draft);
  }
}

/** Removes the file if it is still the one that was looked at; else it is another's, and put back. */
async function takeAway(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== expected) await link(aside, path).catch(() => {});
  await unlink(aside);
}

function parse(text: string): ProcessIdentity | null {
  try {
    const { pid, startedAt, boot, namespace } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (typeof pid !== "number" || typeof startedAt !== "string") return null;
    return { pid, startedAt, boot: boot ?? "", namespace: namespace ?? "" };
  } catch {
    return null;
  }
}
