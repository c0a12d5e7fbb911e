import { setTimeout as later, setImmediate as soon } from "node:timers";
import type { Scheduler } from "./scheduler.ts";

/** Events that are no further away happen at once. */
const nearMs = 100;
/** How much faster than real time the rest comes. */
const speed = 50;
const lookEveryMs = 5;

/** Lets a scheduler run by itself in real turns of the event loop, for tests that know nothing of simulated time. */
export function runInRealTurns(scheduler: Scheduler): void {
  const simulatedAt = scheduler.now;
  const realAt = performance.now();
  let isScheduled = false;
  const isNear = (): boolean => {
    scheduler.now = Math.max(scheduler.now, Math.floor(simulatedAt + (performance.now() - realAt) * speed));
    return scheduler.nextAt !== null && scheduler.nextAt <= scheduler.now + nearMs;
  };
  const schedule = (): void => {
    if (isScheduled || scheduler.nextAt === null) return;
    isScheduled = true;
    if (isNear()) soon(run);
    else later(run, lookEveryMs);
  };
  const run = (): void => {
    isScheduled = false;
    if (isNear()) scheduler.runNext();
    schedule();
  };
  scheduler.onAdded(schedule);
}
