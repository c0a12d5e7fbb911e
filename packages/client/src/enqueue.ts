import {
  type BatchView,
  batchTasksMax,
  bodyBytesMax,
  type EnqueuedView,
  type TaskRequestInput,
} from "@berth/protocol";
import { BerthRequestError } from "./error.ts";
import type { CallOptions, SpaceCalls } from "./space-calls.ts";

export type BatchEntry = BatchView["tasks"][number];

/** `{"tasks":[…]}` around the tasks of a batch, with room to spare. */
const envelopeBytes = 100;

/** Enqueues, and never twice or lost: a request without an idempotency key gets one, so that it may be sent again. */
export function enqueueOne(
  calls: SpaceCalls,
  request: TaskRequestInput,
  options: CallOptions,
): Promise<EnqueuedView> {
  return calls.post(["tasks"], { ...options, body: withKey(request) });
}

/**
 * Enqueues any number, in batches of what the API takes at once. Rejects only when nothing was enqueued; when a later
 * batch fails, its entries say so, and what was enqueued before is not forgotten.
 */
export async function enqueueAll(
  calls: SpaceCalls,
  requests: readonly TaskRequestInput[],
  options: CallOptions,
): Promise<BatchEntry[]> {
  const entries: BatchEntry[] = [];
  for (const tasks of batchesOf(requests.map(withKey))) {
    try {
      const view = await calls.post<BatchView>(["tasks", "batch"], { ...options, body: { tasks } });
      entries.push(...view.tasks);
    } catch (error) {
      if (entries.length === 0 || !(error instanceof BerthRequestError)) throw error;
      entries.push(...tasks.map(() => ({ error: { code: error.code, message: error.message } })));
    }
  }
  return entries;
}

function withKey(request: TaskRequestInput): TaskRequestInput {
  return { ...request, idempotencyKey: request.idempotencyKey ?? crypto.randomUUID() };
}

/** A single task that is too large is sent alone, so that the refusal is about it and nothing else. */
function batchesOf(requests: readonly TaskRequestInput[]): TaskRequestInput[][] {
  const batches: TaskRequestInput[][] = [];
  let bytes = 0;
  for (const request of requests) {
    const size = new TextEncoder().encode(JSON.stringify(request)).length + 1;
    const last = batches.at(-1);
    bytes += size;
    if (last === undefined || last.length >= batchTasksMax || bytes > bodyBytesMax - envelopeBytes) {
      batches.push([request]);
      bytes = size;
    } else {
      last.push(request);
    }
  }
  return batches;
}
