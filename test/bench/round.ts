import process from "node:process";

/** Begins the names of all that this run leaves on a server for a while: no other run has the same. */
export const runName: string = `bench-${process.pid.toString(36)}${Date.now().toString(36)}`;

const leastWarmUpTasks = 5000;

/** How many tasks are done before so many are measured. */
export function warmUpTasksFor(tasks: number): number {
  return Math.max(leastWarmUpTasks, Math.ceil(tasks / 2));
}
