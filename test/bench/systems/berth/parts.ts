// What all roles of Berth name alike.
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { type Topology, topology } from "@berth/protocol";
import type { Store } from "@berth/store";
import { createRedisStore } from "@berth/store/redis";
import { type Logger, pino } from "pino";
import type { Scene } from "../system.ts";

export const space = "bench";

export function topologyOf(scene: Scene): Topology {
  return topology(scene.run);
}

/** What goes wrong on the way must be seen. */
export function loggerOf(role: string): Logger {
  return pino({ name: role, level: "error" }, pino.destination(2));
}

export async function connectedBroker(scene: Scene, role: string, restricted: boolean): Promise<Broker> {
  const logger = loggerOf(role);
  const broker = createRabbitmqBroker({
    url: scene.urls.amqp,
    connectionName: scene.run,
    restricted,
    logger,
  });
  await broker.start();
  return broker;
}

export function targetNames(scene: Scene): string[] {
  return Array.from({ length: scene.targets }, (_, target) => `target-${target}`);
}

export function folderOf(scene: Scene): string {
  return join(tmpdir(), `berth-${scene.run}`);
}

export async function openedStore(scene: Scene): Promise<Store> {
  const store = createRedisStore({ url: scene.urls.redis, prefix: scene.run, durability: "memory" });
  await store.start();
  return store;
}

/** The broker's user of the URL: all roles are the same one here. */
export function brokerUser(scene: Scene): string {
  return decodeURIComponent(new URL(scene.urls.amqp).username) || "guest";
}
