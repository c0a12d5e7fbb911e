import process from "node:process";
import { Dispatcher } from "@berth/dispatcher";
import { newItemId } from "@berth/protocol/identity";
import type { Role, Scene } from "../system.ts";
import { brokerUser, connectedBroker, loggerOf, openedStore, space, topologyOf } from "./parts.ts";

/** The owner of the space, set up as its service does. */
export async function dispatcher(scene: Scene): Promise<Role> {
  const broker = await connectedBroker(scene, "dispatcher", false);
  const store = await openedStore(scene);
  const one = new Dispatcher({
    space,
    owner: `bench-${process.pid}`,
    broker,
    store,
    topology: topologyOf(scene),
    logger: loggerOf("dispatcher"),
    newId: newItemId,
    settings: { serverUsers: [brokerUser(scene)] },
  });
  await one.start();
  return {
    async stop() {
      await one.stop();
      await broker.stop();
      await store.stop();
    },
  };
}
