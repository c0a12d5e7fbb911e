import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInboxClient, type InboxClient } from "@berth/broker";
import { createMemoryBroker } from "@berth/broker/memory";
import { Dispatcher } from "@berth/dispatcher";
import { type InboxItem, TaskRequest, topology } from "@berth/protocol";
import { newItemId, submissionOf } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";
import { createTentacle, type Handler } from "@berth/tentacle";
import { pino } from "pino";

export const space = "bench";
const targetsPerRequest = 1000;
const answerTimeoutMs = 120_000;
const drainMs = 10_000;

/** The whole of Berth in this process: the embedded broker, a database in a file, a dispatcher and one tentacle. */
export interface EmbeddedStack {
  readonly client: InboxClient;
  readonly store: Store;
  /** Of all that it keeps on disk; `stop` removes it. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** The tentacle runs whatever it is given with the handler, which is called `nothing`. */
export async function startEmbedded(targets: readonly string[], nothing: Handler): Promise<EmbeddedStack> {
  const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
  const logger = pino({ level: "warn" });
  const server = createMemoryBroker();
  const queues = topology("berth");
  const [forDispatcher, forTentacle, forClient] = [server.connect(), server.connect(), server.connect()];
  const store = createSqliteStore({ path: join(folder, "berth.db"), durability: "memory" });
  for (const part of [store, forDispatcher, forTentacle, forClient]) await part.start();
  const dispatcher = new Dispatcher({
    ...{ space, owner: "bench", broker: forDispatcher, store, topology: queues, logger, newId: newItemId },
  });
  await dispatcher.start();
  const client = createInboxClient({
    ...{ broker: forClient, topology: queues, client: "bench", answerTimeoutMs },
  });
  await client.start();
  for (let first = 0; first < targets.length; first += targetsPerRequest)
    await client.requestMany(space, targets.slice(first, first + targetsPerRequest).map(putTarget));
  const tentacle = createTentacle({
    ...{ broker: forTentacle, topologyPrefix: "berth", space, name: "bench", version: "1" },
    ...{ targets, capacity: targets.length, handlers: { nothing }, logger },
    workspace: join(folder, "tentacle"),
  });
  await tentacle.start();
  const stop = async (): Promise<void> => {
    await tentacle.stop({ deadlineMs: drainMs });
    await client.stop();
    await dispatcher.stop();
    for (const part of [forTentacle, forClient, forDispatcher, store]) await part.stop();
    await rm(folder, { recursive: true });
  };
  return { client, store, folder, stop };
}

/** Enqueues a no-op on each of these targets, in one message. */
export async function enqueueOn(client: InboxClient, targets: readonly string[]): Promise<void> {
  for (const answer of await client.requestMany(space, targets.map(submit))) {
    if (answer.type !== "submitted") throw new Error(`a task was not taken: ${JSON.stringify(answer)}`);
  }
}

function submit(target: string): InboxItem {
  const request = TaskRequest.parse({ kind: "deploy", name: "no-op", target, handler: { name: "nothing" } });
  return { type: "submit", id: newItemId(), task: submissionOf(space, request, Date.now()) };
}

function putTarget(target: string): InboxItem {
  return { type: "target.put", id: newItemId(), target, policy: {}, tags: [] };
}
