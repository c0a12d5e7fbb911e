// The API as clients in a chaos run see it: it fails now and then, and they insist.
import { setTimeout } from "node:timers/promises";
import { BerthClient, BerthRequestError } from "@berth/client";
import type { Insistent } from "../support/crash/load.ts";

const againMs = 50;
/** A new owner of a space knows nothing of who follows a task, until it is told anew. So who hears nothing asks again. */
const idleMaxMs = 2_000;
/** While a store that was emptied is written back, a task is not found for a moment: reads come from the store. */
const unknownMsMax = 60_000;

export class InsistentServer implements Insistent {
  unanswered = 0;
  /** How often something was not found that must be there. */
  unknown = 0;
  readonly #url: () => string;
  readonly #space: string;
  readonly #over: AbortController = new AbortController();

  constructor(url: () => string, space: string) {
    this.#url = url;
    this.#space = space;
  }

  /** Who still asks is told that there is nobody to ask any more. */
  close(): void {
    this.#over.abort(new Error("the stack is closed"));
  }

  async insist<Answer>(call: (client: BerthClient, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { signal } = this.#over;
    const begunMs = performance.now();
    for (;;) {
      const client = new BerthClient({
        ...{ url: this.#url(), space: this.#space, retries: { attempts: 1 } },
        idleMaxMs,
      });
      try {
        return await call(client, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!this.#mayBeAskedAgain(error, performance.now() - begunMs)) throw error;
      }
      await setTimeout(againMs, undefined, { signal });
    }
  }

  #mayBeAskedAgain(error: unknown, sinceMs: number): boolean {
    if (!(error instanceof BerthRequestError)) return false;
    if (error.status === 404) {
      this.unknown += 1;
      return sinceMs < unknownMsMax;
    }
    this.unanswered += 1;
    return error.status === null || error.status >= 500;
  }
}
