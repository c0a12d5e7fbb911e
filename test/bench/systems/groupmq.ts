// GroupMQ runs one task of a group at a time by design: a group for each target, all in one queue.
//
// In its favour: adding is batched (its own option, without which it is several times slower), and a task leaves nothing
// behind when it has ended, where Berth keeps its record.
import { Worker as GroupWorker, Queue } from "groupmq";
import { Redis } from "ioredis";
import { removeKeys } from "./redis-keys.ts";
import type { Runs } from "./runs.ts";
import type { Scene, Sender, System, Worker } from "./system.ts";
import { Tally } from "./tally.ts";
import { chunksOf, type TaskData } from "./tasks.ts";

const batch = 100;
const addedAtOnce = 2000;
/** One worker fetches one task after the other; several fetch at once. More of them only get in each other's way. */
const workersMax = 4;
const concurrency = 64;

function queueOf(scene: Scene): { queue: Queue<TaskData>; redis: Redis } {
  const redis = new Redis(scene.urls.redis, { maxRetriesPerRequest: null });
  const queue = new Queue<TaskData>({
    redis,
    namespace: scene.run,
    autoBatch: { size: batch, maxWaitMs: 1 },
  });
  return { queue, redis };
}

async function sender(scene: Scene): Promise<Sender> {
  const { queue, redis } = queueOf(scene);
  await redis.ping();
  return {
    async send(tasks) {
      for (const some of chunksOf(tasks, addedAtOnce)) {
        await Promise.all(some.map((data) => queue.add({ groupId: `target-${data.target}`, data })));
      }
    },
    async stop() {
      redis.disconnect();
    },
  };
}

async function worker(scene: Scene, runs: Runs): Promise<Worker> {
  const completed = new Tally();
  const hands = Array.from({ length: Math.min(workersMax, scene.targets) }, () => {
    const { queue, redis } = queueOf(scene);
    const one = new GroupWorker<TaskData>({
      queue,
      concurrency,
      handler: ({ data }) => runs.run(data.task, data.target),
    });
    one.on("completed", () => completed.add());
    one.on("error", (error) => console.error(error));
    return { one, redis };
  });
  for (const { one } of hands) void one.run();
  await Promise.all(hands.map(({ redis }) => redis.ping()));
  return {
    settled: (tasks) => completed.reached(tasks),
    async stop() {
      await Promise.all(hands.map(({ one }) => one.close(100)));
      for (const { redis } of hands) redis.disconnect();
    },
  };
}

export const groupmq: System = {
  servers: ["redis"],
  libraries: ["groupmq", "ioredis"],
  sender,
  worker,
  clean: (scene) => removeKeys(scene.urls.redis, `groupmq:${scene.run}:*`),
};
