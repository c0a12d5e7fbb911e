// BullMQ has no groups without a licence: to run one task of a target at a time takes a queue for each target, with one worker
// of concurrency 1.
//
// In its favour: tasks of a target are enqueued in bulk, all queues of the sender share a connection, and so do the workers but
// for the one each that waits; a task leaves nothing behind when it has ended, where Berth keeps its record.
import { type ConnectionOptions, Queue, Worker as QueueWorker } from "bullmq";
import { Redis } from "ioredis";
import { removeKeys } from "./redis-keys.ts";
import type { Runs } from "./runs.ts";
import type { Scene, Sender, System, Worker } from "./system.ts";
import { Tally } from "./tally.ts";
import { each, type TaskData } from "./tasks.ts";

const queuesAtOnce = 50;

function connection(scene: Scene): Redis {
  return new Redis(scene.urls.redis, { maxRetriesPerRequest: null });
}

function nameOf(target: number): string {
  return `target-${target}`;
}

async function sender(scene: Scene): Promise<Sender> {
  const redis = connection(scene);
  const settings = { connection: redis as ConnectionOptions, prefix: scene.run, skipMetasUpdate: true };
  const queues = Array.from(
    { length: scene.targets },
    (_, target) => new Queue<TaskData>(nameOf(target), settings),
  );
  await each(queues, queuesAtOnce, (queue) => queue.waitUntilReady());
  return {
    async send(tasks) {
      const byTarget = Map.groupBy(tasks, ({ target }) => target);
      await each(byTarget, queuesAtOnce, async ([target, ofTarget]) => {
        const jobs = ofTarget.map((data) => ({ name: "no-op", data, opts: { removeOnComplete: true } }));
        await queues[target]?.addBulk(jobs);
      });
    },
    async stop() {
      redis.disconnect();
    },
  };
}

async function worker(scene: Scene, runs: Runs): Promise<Worker> {
  const redis = connection(scene);
  const completed = new Tally();
  const workers: QueueWorker<TaskData>[] = [];
  for (let target = 0; target < scene.targets; target += 1) {
    const one = new QueueWorker<TaskData>(nameOf(target), ({ data }) => runs.run(data.task, data.target), {
      connection: redis as ConnectionOptions,
      prefix: scene.run,
      concurrency: 1,
    });
    one.on("completed", () => completed.add());
    one.on("error", (error) => console.error(error));
    workers.push(one);
  }
  await each(workers, queuesAtOnce, (one) => one.waitUntilReady());
  return {
    settled: (tasks) => completed.reached(tasks),
    async stop() {
      await each(workers, workers.length, (one) => one.close(true));
      redis.disconnect();
    },
  };
}

export const bullmq: System = {
  servers: ["redis"],
  libraries: ["bullmq", "ioredis"],
  sender,
  worker,
  clean: (scene) => removeKeys(scene.urls.redis, `${scene.run}:*`),
};
