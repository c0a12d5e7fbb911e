// A folder and ports for one server of a test. They are given back, and what still runs there is killed, when `close` is called or
// when this process ends, however it ends: a small shell that outlives it sees to that.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reservePort } from "./ports.ts";

export interface Premises {
  /** Where it is for this process. */
  readonly folder: string;
  /** Where it is for the server, which may see a smaller world. */
  readonly innerFolder: string;
  reservePort(): Promise<number>;
  close(): Promise<void>;
}

const wardenPath = fileURLToPath(new URL("warden.sh", import.meta.url));

/** `root` is the folder that the server takes for `/`; empty for this very one. */
export async function openPremises(purpose: string, root: string): Promise<Premises> {
  const parent = root === "" ? tmpdir() : join(root, "tmp");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `berth-${purpose}-`));
  const warden = startWarden(folder);
  const exited = once(warden, "exit");
  return {
    folder,
    innerFolder: folder.slice(root.length),
    async reservePort() {
      const { port, path } = await reservePort();
      await appendFile(join(folder, "ports"), `${path}\n`);
      return port;
    },
    async close() {
      warden.ref();
      warden.stdin?.end();
      await exited;
    },
  };
}

/** In a session of its own: ^C at the terminal is for the tests, and ends this one through them. */
function startWarden(folder: string): ChildProcess {
  const warden = spawn("sh", [wardenPath, folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  warden.stdin?.on("error", () => undefined);
  warden.unref();
  (warden.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return warden;
}
