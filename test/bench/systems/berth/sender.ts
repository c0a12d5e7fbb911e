import { createInboxClient, type InboxClient } from "@berth/broker";
import { type InboxItem, TaskRequest } from "@berth/protocol";
import { newItemId, submissionOf } from "@berth/protocol/identity";
import type { Scene, Sender } from "../system.ts";
import { chunksOf, each, type TaskData } from "../tasks.ts";
import { brokerUser, connectedBroker, space, targetNames, topologyOf } from "./parts.ts";

/** Tasks in one message, and messages that wait for their answer at a time. */
const tasksPerRequest = 250;
const requestsAtOnce = 8;
const answerTimeoutMs = 120_000;

/**
 * Enqueues as the API does: each task is checked as a request that came from outside, and is answered when it is committed.
 * What is left out is HTTP, which the others do without as well: their senders talk to their server directly.
 */
export async function sender(scene: Scene): Promise<Sender> {
  const broker = await connectedBroker(scene, "sender", false);
  const client = createInboxClient({
    broker,
    topology: topologyOf(scene),
    client: "bench",
    brokerUser: brokerUser(scene),
    answerTimeoutMs,
  });
  await client.start();
  for (const targets of chunksOf(targetNames(scene), tasksPerRequest)) {
    await client.requestMany(space, targets.map(putTarget));
  }
  return {
    send: (tasks) =>
      each(chunksOf(tasks, tasksPerRequest), requestsAtOnce, (some) => submitAll(client, some)),
    async stop() {
      await client.stop();
      await broker.stop();
    },
  };
}

async function submitAll(client: InboxClient, tasks: readonly TaskData[]): Promise<void> {
  for (const answer of await client.requestMany(space, tasks.map(submit))) {
    if (answer.type !== "submitted") throw new Error(`a task was not taken: ${JSON.stringify(answer)}`);
  }
}

function submit(data: TaskData): InboxItem {
  const { sort = "exclusive", target } = data;
  const request = TaskRequest.parse({
    kind: sort === "health-check" ? "health-check" : "deploy",
    name: "no-op",
    target: `target-${target}`,
    handler: { name: "nothing", input: data },
    ...(sort === "bypass" && { variables: { OctopusBypassDeploymentMutex: "True" } }),
  });
  return { type: "submit", id: newItemId(), task: submissionOf(space, request, Date.now()) };
}

function putTarget(target: string): InboxItem {
  return { type: "target.put", id: newItemId(), target, policy: {}, tags: [] };
}
