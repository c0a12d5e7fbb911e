import { type Need, whatIsMissing } from "@berth/process";
import { BerthError } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { z } from "zod";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";

const readyTimeoutDefaultMs = 2000;
const Status = z.object({ status: z.string() });

export function healthOperations(setup: ApiSetup): Operation[] {
  const { readyTimeoutMs = readyTimeoutDefaultMs } = setup;
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
        const waits = await whatIsMissing(needsOf(setup), readyTimeoutMs, setup.logger);
        if (waits.length > 0) throw new BerthError("not_ready", `not ready: ${waits.join("; ")}`);
        return { status: "ready" };
      },
    }),
  ];
}

function needsOf(setup: ApiSetup): Need[] {
  const { store, spaces } = setup;
  return [
    { name: "the store", answer: () => store.spaces() },
    ...spaces.map((space) => ({
      name: `the owner of space "${space}"`,
      answer: () => ownerAnswers(setup, space),
    })),
  ];
}

/** Asks about a task that cannot exist: any answer proves that the owner is there, and none changes anything. */
async function ownerAnswers({ inbox }: ApiSetup, space: string): Promise<void> {
  await inbox.request(space, { type: "explain", id: newItemId(), task: "readiness" });
}
