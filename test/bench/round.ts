import process from "node:process";
import type { BenchOptions } from "./benchmark.ts";

/** Begins the names of all that this run leaves on a server for a while: no other run has the same. */
export const runName: string = `bench-${process.pid.toString(36)}${Date.now().toString(36)}`;

/**
 * A server runs for days: what its first second shows, while its code is being compiled, is not what its users get. A line before
 * a single target moves too slowly for so many, and none of the systems is busy with it.
 */
const leastWarmUpTasks = 100_000;
const leastOnOneTarget = 5000;

/** How many tasks are done before so many are measured. */
export function warmUpTasksFor({ tasks, targets, warmUp }: BenchOptions): number {
  return warmUp ?? Math.max(targets === 1 ? leastOnOneTarget : leastWarmUpTasks, Math.ceil(tasks / 2));
}
