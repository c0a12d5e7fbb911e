// Berth in one process that is killed again and again, on one data folder.
import { readFile } from "node:fs/promises";
import { BerthClient, BerthRequestError } from "@berth/client";
import type { ProcessEnd } from "@berth/process/child";
import { isLiving } from "../processes.ts";
import { StandaloneProcess } from "../standalone-process.ts";
import type { Insistent } from "./load.ts";

export interface Life {
  readonly url: string;
  /** Aborts when this life is ended. */
  readonly over: AbortSignal;
}

export class Lives implements Insistent {
  /** How often a request got no answer. */
  unanswered = 0;
  readonly #environment: Readonly<Record<string, string>>;
  #process: StandaloneProcess | null = null;
  #over: AbortController = new AbortController();
  #current: PromiseWithResolvers<Life> = Promise.withResolvers();

  constructor(folder: string) {
    this.#environment = { BERTH_DATA: folder, BERTH_PORT: "0", BERTH_LEASE_MS: "2000" };
  }

  /** The present life, or the next one while there is none. */
  get current(): Promise<Life> {
    return this.#current.promise;
  }

  /** Resolves when tasks are taken and run. */
  async begin(): Promise<void> {
    const { resolve, reject, promise } = this.#current;
    // Whoever begins it hears of its failure; clients may not be there yet.
    promise.catch(() => {});
    this.#over = new AbortController();
    this.#process = StandaloneProcess.start(this.#environment);
    try {
      resolve({ url: await this.#process.ready(), over: this.#over.signal });
    } catch (error) {
      reject(error);
      throw error;
    }
  }

  /** Asks until there is an answer, in this life or in a later one. */
  async insist<Answer>(call: (client: BerthClient, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const { url, over } = await this.current;
      try {
        return await call(new BerthClient({ url, retries: { attempts: 1 } }), over);
      } catch (error) {
        const isRefusal = error instanceof BerthRequestError && error.status !== null && error.status < 500;
        if (isRefusal) throw error;
        this.unanswered += 1;
      }
    }
  }

  /** Ends this life; clients wait for the next one from now on. */
  async end(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.#current = Promise.withResolvers();
    this.#over.abort();
    if (this.#process === null) return { code: null, signal: null };
    return this.#process.end(signal);
  }
}

/** Whether that process lives and is the run with that token: numbers of processes are used again. */
export async function isRunning(pid: number, token: string): Promise<boolean> {
  if (!isLiving(pid)) return false;
  if (process.platform !== "linux") return true;
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.includes(`BERTH_TOKEN=${token}`);
}
