import process from "node:process";
import { Dispatcher } from "@berth/dispatcher";
import { newItemId } from "@berth/protocol/identity";
import type { Role, Scene } from "../system.ts";
import { countedBroker, countedStore, noCounts } from "./counted-ports.ts";
import { brokerUser, connectedBroker, loggerOf, openedStore, space, topologyOf } from "./parts.ts";

/** The owner of the space, set up as its service does. */
export async function dispatcher(scene: Scene): Promise<Role> {
  const role = await startDispatcher(scene, false);
  await role.start();
  return role;
}

/** Tells what it did at its ports when it is asked for its `counts`. Counting costs a little. */
export async function countingDispatcher(scene: Scene): Promise<Role> {
  const role = await startDispatcher(scene, true);
  await role.start();
  return role;
}

/** Waits for the space while somebody else owns it, and so is not waited for. */
export async function waitingDispatcher(scene: Scene): Promise<Role> {
  const role = await startDispatcher(scene, false);
  void role.start();
  return role;
}

async function startDispatcher(scene: Scene, isCounted: boolean): Promise<Role & { start(): Promise<void> }> {
  const counts = noCounts();
  const broker = await connectedBroker(scene, "dispatcher", false);
  const store = await openedStore(scene);
  const { ownerLeaseMs } = scene;
  const one = new Dispatcher({
    space,
    owner: `bench-${process.pid}`,
    broker: isCounted ? countedBroker(broker, counts) : broker,
    store: isCounted ? countedStore(store, counts) : store,
    topology: topologyOf(scene),
    logger: loggerOf("dispatcher"),
    newId: newItemId,
    settings: {
      serverUsers: [brokerUser(scene)],
      ...(ownerLeaseMs === undefined ? {} : { ownerLeaseMs }),
    },
  });
  return {
    start: () => one.start(),
    tell: async () => ({ ...counts }),
    async stop() {
      await one.stop();
      await broker.stop();
      await store.stop();
    },
  };
}
