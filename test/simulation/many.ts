import { Worker } from "node:worker_threads";
import type { SimulationResult } from "./simulate.ts";

export interface Seeds {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
}

/** Few enough that all workers end at about the same time. */
const seedsPerOrder = 10;

/** Runs seeds in several threads. Calls `onResult` for each, in no particular order. */
export async function simulateMany(
  { from, seeds, workers }: Seeds,
  onResult: (result: SimulationResult) => void,
): Promise<void> {
  let next = from;
  const take = (): readonly [from: number, count: number] | null => {
    const count = Math.min(seedsPerOrder, from + seeds - next);
    if (count <= 0) return null;
    next += count;
    return [next - count, count];
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, () => work(take, onResult)));
}

function work(
  take: () => readonly [from: number, count: number] | null,
  onResult: (result: SimulationResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    const order = (): void => worker.postMessage(take());
    worker.on("message", (results: SimulationResult[]) => {
      for (const result of results) onResult(result);
      order();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
    order();
  });
}
