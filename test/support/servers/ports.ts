// Free ports that two tests never get both, not even when they ask at the same moment in different processes.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(tmpdir(), "berth-test-ports");

/**
 * Below the range from which systems take the ports of outgoing connections: one of those could sit on the port of a server that
 * was killed and comes back.
 */
const firstPort = 20_000;
const portCount = 12_000;

export interface ReservedPort {
  readonly port: number;
  /** The file that stands for it; whoever removes it gives the port back. */
  readonly path: string;
}

export async function reservePort(): Promise<ReservedPort> {
  await mkdir(folder, { recursive: true });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = firstPort + Math.floor(Math.random() * portCount);
    const path = join(folder, String(port));
    if (!(await createExclusively(path))) continue;
    if (await isFree(port)) return { port, path };
    await rm(path, { force: true });
  }
  throw new Error(
    `no free port from ${firstPort} on; files of ports that nobody uses may be left in ${folder}`,
  );
}

async function createExclusively(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
