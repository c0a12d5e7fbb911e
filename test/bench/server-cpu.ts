import { readdir, readFile, readlink } from "node:fs/promises";

/** Linux counts in hundredths of a second, whatever the machine. */
const ticksPerSecond = 100;
const listening = "0A";

/**
 * CPU that the process behind a port of this machine has had until now, in seconds. `null` where that cannot be told: another
 * system than Linux, another machine, a process of another user. Others who use the same server are counted, too.
 */
export class ServerCpu {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  static async at(url: string, defaultPort: number): Promise<ServerCpu | null> {
    const { hostname, port } = new URL(url);
    if (hostname !== "127.0.0.1" && hostname !== "localhost") return null;
    try {
      const pid = await pidListeningOn(port === "" ? defaultPort : Number(port));
      return pid === null ? null : new ServerCpu(pid);
    } catch {
      return null;
    }
  }

  async seconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#pid}/stat`, "utf8");
    // The name of the program, in brackets, may have blanks.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }
}

async function pidListeningOn(port: number): Promise<number | null> {
  const inodes = new Set<string>();
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await readFile(table, "utf8")).split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(wanted) === true && state === listening) inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    if (await hasOneOf(pid, inodes)) return Number(pid);
  }
  return null;
}

async function hasOneOf(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => "");
    if (sockets.has(target)) return true;
  }
  return false;
}
