import { setTimeout } from "node:timers/promises";
import { BerthError } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { z } from "zod";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";

const readyTimeoutDefaultMs = 2000;
const Status = z.object({ status: z.string() });

export function healthOperations(setup: ApiSetup): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/healthz",
      summary: "The process is alive.",
      answer: Status,
      handle: async () => ({ status: "alive" }),
    }),
    operation({
      method: "GET",
      path: "/readyz",
      summary: "The store answers, and so do the owners of all spaces.",
      answer: Status,
      handle: async () => {
        const waits = await whatIsMissing(setup);
        if (waits.length > 0) throw new BerthError("not_ready", `not ready: ${waits.join("; ")}`);
        return { status: "ready" };
      },
    }),
  ];
}

async function whatIsMissing(setup: ApiSetup): Promise<string[]> {
  const { store, spaces, logger, readyTimeoutMs = readyTimeoutDefaultMs } = setup;
  const parts = [
    { name: "the store", answer: store.spaces() },
    ...spaces.map((space) => ({ name: `the owner of space "${space}"`, answer: ownerAnswers(setup, space) })),
  ];
  const missing = parts.map(async ({ name, answer }) => {
    try {
      return (await inTime(answer, readyTimeoutMs))
        ? null
        : `${name} does not answer in ${readyTimeoutMs} ms`;
    } catch (error) {
      logger.warn({ err: error }, `${name} is not ready`);
      return `${name} fails${error instanceof BerthError ? `: ${error.message}` : ""}`;
    }
  });
  return (await Promise.all(missing)).filter((text) => text !== null);
}

/** Asks about a task that cannot exist: any answer proves that the owner is there, and none changes anything. */
async function ownerAnswers({ inbox }: ApiSetup, space: string): Promise<void> {
  await inbox.request(space, { type: "explain", id: newItemId(), task: "readiness" });
}

async function inTime(answer: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const stop = new AbortController();
  const late = setTimeout(timeoutMs, false, { signal: stop.signal }).catch(() => false);
  try {
    return await Promise.race([answer.then(() => true), late]);
  } finally {
    stop.abort();
  }
}
