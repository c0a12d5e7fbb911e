// A thread that runs the seeds it is told to, until it is told that there are none.
import { parentPort } from "node:worker_threads";
import { type SimulationResult, simulate } from "./simulate.ts";

parentPort?.on("message", async (order: readonly [from: number, count: number] | null) => {
  if (order === null) {
    parentPort?.close();
    return;
  }
  const [from, count] = order;
  const results: SimulationResult[] = [];
  for (let seed = from; seed < from + count; seed += 1) results.push(await simulate(seed));
  parentPort?.postMessage(results);
});
