// Berth on RabbitMQ and Redis, with its processes.
//
// Against it: one process and one server more than the others, and all that they do without: a task is checked, has a record
// that stays, a grant with a token, a lease and a report, and may be explained, held and cancelled at any time; what goes to the
// inbox is on the disk of the broker before it is confirmed. In its favour: its store waits for the disk no more than the
// others' Redis, while PostgreSQL does.
import { rm } from "node:fs/promises";
import { removeKeys } from "../redis-keys.ts";
import type { Scene, System } from "../system.ts";
import { each } from "../tasks.ts";
import { countingDispatcher, dispatcher, waitingDispatcher } from "./dispatcher.ts";
import { connectedBroker, folderOf, space, targetNames, topologyOf } from "./parts.ts";
import { sender } from "./sender.ts";
import { tentacle, tentaclePerTarget } from "./tentacle.ts";

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

const usual: System = {
  servers: ["amqp", "redis"],
  libraries: ["amqplib", "ioredis"],
  others: { dispatcher },
  sender,
  worker: tentacle,
  clean,
};

export const berth: System = usual;

/** Tells what it does at its ports. */
export const countedBerth: System = { ...usual, others: { dispatcher: countingDispatcher } };

/** The same, with a session for each target. */
export const manyTentacles: System = { ...countedBerth, worker: tentaclePerTarget };

/** With a second dispatcher, which waits for the space. */
export const guardedBerth: System = { ...usual, others: { dispatcher, successor: waitingDispatcher } };
