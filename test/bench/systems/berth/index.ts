// Berth on RabbitMQ and Redis, with its processes.
//
// Against it: one process more than the others, and all that they do without: a task is checked, has a record that stays, a
// grant with a token, a lease and a report, and may be explained, held and cancelled at any time. In its favour: none of its
// messages is on disk before the commit, as with the others.
import { rm } from "node:fs/promises";
import { removeKeys } from "../redis-keys.ts";
import type { Scene, System } from "../system.ts";
import { each } from "../tasks.ts";
import { dispatcher } from "./dispatcher.ts";
import { connectedBroker, folderOf, space, targetNames, topologyOf } from "./parts.ts";
import { sender } from "./sender.ts";
import { tentacle } from "./tentacle.ts";

const deletedAtOnce = 50;

async function clean(scene: Scene): Promise<void> {
  const broker = await connectedBroker(scene, "clean", false);
  const names = topologyOf(scene);
  const targets = targetNames(scene).map((target) => names.target(space, target));
  const queues = [...targets, names.inbox(space), names.refused(space), names.replies("bench")];
  await each(queues, deletedAtOnce, (queue) => broker.deleteQueue(queue));
  await broker.stop();
  for (const pattern of [`{${scene.run}:*`, `${scene.run}:*`]) await removeKeys(scene.urls.redis, pattern);
  await rm(folderOf(scene), { recursive: true, force: true });
}

export const berth: System = {
  servers: ["amqp", "redis"],
  libraries: ["amqplib", "ioredis"],
  others: { dispatcher },
  sender,
  worker: tentacle,
  clean,
};
