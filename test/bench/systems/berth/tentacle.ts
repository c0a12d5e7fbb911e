import { join } from "node:path";
import type { Store } from "@berth/store";
import { createTentacle } from "@berth/tentacle";
import type { Runs } from "../runs.ts";
import type { Scene, Worker } from "../system.ts";
import type { TaskData } from "../tasks.ts";
import { brokerUser, connectedBroker, folderOf, loggerOf, openedStore, space, targetNames } from "./parts.ts";

const lookMs = 5;
const drainMs = 10_000;

/** One tentacle that serves all targets. */
export async function tentacle(scene: Scene, runs: Runs): Promise<Worker> {
  const broker = await connectedBroker(scene, "tentacle", true);
  const one = createTentacle({
    broker,
    brokerUser: brokerUser(scene),
    topologyPrefix: scene.run,
    space,
    name: "bench",
    version: "1",
    targets: targetNames(scene),
    capacity: scene.targets,
    handlers: {
      nothing: ({ input }) => {
        const { task, target } = input as unknown as TaskData;
        return runs.run(task, target);
      },
    },
    logger: loggerOf("tentacle"),
    workspace: join(folderOf(scene), "tentacle"),
  });
  await one.start();
  const store = await openedStore(scene);
  return {
    async settled(tasks) {
      await runs.reached(tasks);
      while ((await succeeded(store)) < tasks) await new Promise((next) => setTimeout(next, lookMs));
    },
    async stop() {
      await one.stop({ deadlineMs: drainMs });
      await broker.stop();
      await store.stop();
    },
  };
}

/** Tasks of which the store says so. */
async function succeeded(store: Store): Promise<number> {
  const { succeeded = 0, failed = 0, parked = 0 } = await store.taskCounts(space);
  if (failed + parked > 0) throw new Error(`${failed} tasks have failed and ${parked} are parked`);
  return succeeded;
}
