import { join } from "node:path";
import type { Store } from "@berth/store";
import { createTentacle, type Tentacle } from "@berth/tentacle";
import type { Runs } from "../runs.ts";
import type { Scene, Worker } from "../system.ts";
import type { TaskData } from "../tasks.ts";
import { brokerUser, connectedBroker, folderOf, loggerOf, openedStore, space, targetNames } from "./parts.ts";

const lookMs = 5;
const drainMs = 10_000;
const openedAtOnce = 50;

/** One tentacle that serves all targets. */
export function tentacle(scene: Scene, runs: Runs): Promise<Worker> {
  return startTentacles(scene, runs, [targetNames(scene)]);
}

/** A tentacle, and so a session with heartbeats, for each target; they share the connection of this process. */
export function tentaclePerTarget(scene: Scene, runs: Runs): Promise<Worker> {
  return startTentacles(
    scene,
    runs,
    targetNames(scene).map((target) => [target]),
  );
}

async function startTentacles(scene: Scene, runs: Runs, served: readonly string[][]): Promise<Worker> {
  const broker = await connectedBroker(scene, "tentacle", true);
  const held = new Set<() => void>();
  const nothing = async ({ input }: { input: unknown }): Promise<void> => {
    const { task, target, isHeld = false } = input as TaskData;
    await runs.run(task, target, isHeld ? new Promise((resolve) => held.add(resolve)) : null);
  };
  const all = served.map((targets, index) =>
    createTentacle({
      broker,
      brokerUser: brokerUser(scene),
      topologyPrefix: scene.run,
      space,
      name: `bench-${index}`,
      version: "1",
      targets,
      capacity: Math.max(targets.length, 2),
      handlers: { nothing },
      logger: loggerOf("tentacle"),
      workspace: join(folderOf(scene), `tentacle-${index}`),
    }),
  );
  for (let first = 0; first < all.length; first += openedAtOnce)
    await Promise.all(all.slice(first, first + openedAtOnce).map((one) => one.start()));
  const store = await openedStore(scene);
  return {
    async settled(tasks) {
      await runs.reached(tasks);
      while ((await succeeded(store)) < tasks) await new Promise((next) => setTimeout(next, lookMs));
    },
    /** `release`: what is held ends. `counts`: of tasks by their states. */
    async tell(word) {
      if (word === "counts") return await store.taskCounts(space);
      for (const release of held) release();
      held.clear();
      return null;
    },
    async stop() {
      for (const release of held) release();
      await Promise.all(all.map((one: Tentacle) => one.stop({ deadlineMs: drainMs })));
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
