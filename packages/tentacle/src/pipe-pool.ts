import { execFile } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Each run of `mkfifo` makes this many, since a process costs more than many pipes. */
const batch = 64;
const spareMin = 16;

/** A pipe with both ends open, by the numbers of their files. Whoever takes it closes them. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/**
 * Real pipes for the output of scripts. What Node would give them are sockets, and a script that opens /dev/stderr or
 * /dev/stdout gets an error where that is a socket. Node cannot make pipes, so these are named ones that lose their
 * name when they are taken.
 */
export class PipePool {
  readonly #folder: string;
  readonly #spare: string[] = [];
  #made = 0;
  #refilling: Promise<void> | null = null;

  /** The folder belongs to the pool. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects where the folder cannot have named pipes. */
  async start(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { mode: 0o700 });
    await this.#refill();
  }

  async take(): Promise<Pipe> {
    while (this.#spare.length === 0) await this.#refill();
    const path = this.#spare.pop() ?? "";
    if (this.#spare.length < spareMin) this.#refill().catch(() => {});
    return openBoth(path);
  }

  #refill(): Promise<void> {
    this.#refilling ??= this.#make().finally(() => {
      this.#refilling = null;
    });
    return this.#refilling;
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: batch }, () => {
      this.#made += 1;
      return join(this.#folder, String(this.#made));
    });
    // Found also where the PATH of the tentacle is unusual.
    await promisify(execFile)("/bin/sh", ["-c", 'command -p mkfifo -m 600 "$@"', "mkfifo", ...paths]);
    this.#spare.push(...paths);
  }
}

function openBoth(path: string): Pipe {
  // A writer can be opened without waiting once there is a reader, which itself waits for nobody when told so.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writer = openSync(path, constants.O_WRONLY);
    unlinkSync(path);
    return { reader, writer };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
