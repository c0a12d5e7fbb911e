// graphile-worker runs the jobs of a named queue one at a time: a queue for each target.
//
// In its favour: jobs are added, fetched and completed in batches (its own options), and a job leaves nothing behind when it
// has ended, where Berth keeps its record. Against it: PostgreSQL writes each commit to disk, where the others do not.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { Pool } from "pg";
import type { Runs } from "./runs.ts";
import type { Scene, Sender, System, Worker } from "./system.ts";
import { chunksOf, each, type TaskData } from "./tasks.ts";

const jobsPerAdd = 1000;
const addsAtOnce = 2;
const connections = 10;
/**
 * As many as a fetch may bring. One that brings less, as it does where there are fewer queues, is taken to have found all:
 * then the next one comes after the interval, which has to be short.
 */
const concurrency = 600;
const pollInterval = 2;
const lookMs = 20;

const quiet = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

function poolOf(scene: Scene): Pool {
  const pool = new Pool({ connectionString: scene.urls.pg, max: 1 });
  pool.on("error", (error) => console.error(error));
  return pool;
}

function schemaOf(scene: Scene): string {
  return scene.run.replaceAll(/[^a-z0-9]/g, "_");
}

async function sender(scene: Scene): Promise<Sender> {
  const connectionString = scene.urls.pg;
  const utils = await makeWorkerUtils({ connectionString, schema: schemaOf(scene), logger: quiet });
  await utils.migrate();
  return {
    send: (tasks) =>
      each(chunksOf(tasks, jobsPerAdd), addsAtOnce, (some) =>
        utils.addJobs(
          some.map((data) => ({
            identifier: "no-op",
            payload: data,
            queueName: `target-${data.target}`,
          })),
        ),
      ),
    async stop() {
      await utils.release();
    },
  };
}

async function worker(scene: Scene, runs: Runs): Promise<Worker> {
  const pool = poolOf(scene);
  const schema = schemaOf(scene);
  const runner = await run({
    connectionString: scene.urls.pg,
    maxPoolSize: connections,
    schema,
    logger: quiet,
    concurrency,
    noHandleSignals: true,
    taskList: { "no-op": (payload) => runs.run((payload as TaskData).task, (payload as TaskData).target) },
    pollInterval,
    preset: {
      worker: {
        localQueue: { size: concurrency },
        completeJobBatchDelay: 0,
      },
    },
  });
  const left = async (): Promise<number> => {
    const { rows } = await pool.query<{ left: string }>(`select count(*) as left from ${schema}.jobs`);
    return Number(rows[0]?.left);
  };
  return {
    async settled(tasks) {
      await runs.reached(tasks);
      while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, lookMs));
    },
    async stop() {
      await runner.stop();
      await pool.end();
    },
  };
}

async function clean(scene: Scene): Promise<void> {
  const pool = poolOf(scene);
  await pool.query(`drop schema if exists ${schemaOf(scene)} cascade`);
  await pool.end();
}

export const graphile: System = {
  servers: ["pg"],
  libraries: ["graphile-worker", "pg"],
  sender,
  worker,
  clean,
};
