import { setTimeout } from "node:timers/promises";
import { BerthError } from "@berth/protocol";
import type { Logger } from "pino";

/** Something that a process needs to do its work. */
export interface Need {
  /** Completes "… does not answer". */
  readonly name: string;
  /** Resolves when it is there; with a text where it is not, which says what is missing. */
  readonly answer: () => Promise<unknown>;
}

/** Sentences about what is not there, none where all is. Never rejects, and answers within the time. */
export async function whatIsMissing(
  needs: readonly Need[],
  timeoutMs: number,
  logger: Logger,
): Promise<string[]> {
  const missing = needs.map(async ({ name, answer }) => {
    try {
      const result = await inTime(answer(), timeoutMs);
      if (result === late) return `${name} does not answer in ${timeoutMs} ms`;
      return typeof result === "string" ? result : null;
    } catch (error) {
      logger.debug({ err: error }, `${name} is not ready`);
      return `${name} fails${error instanceof BerthError ? `: ${error.message}` : ""}`;
    }
  });
  return (await Promise.all(missing)).filter((text) => text !== null);
}

const late = Symbol("late");

async function inTime(answer: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  const stop = new AbortController();
  const timeout = setTimeout(timeoutMs, late, { signal: stop.signal }).catch(() => late);
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    stop.abort();
  }
}
