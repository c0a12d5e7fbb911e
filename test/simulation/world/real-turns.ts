import { setTimeout as later, setImmediate as soon } from "node:timers";
import type { Scheduler } from "./scheduler.ts";

/** Events that are no further away happen at once. */
const nearMs = 100;
/** How much faster than real time the rest comes. */
const speed = 20;

/** Lets a scheduler run by itself in real turns of the event loop, for tests that know nothing of simulated time. */
export function runInRealTurns(scheduler: Scheduler): void {
  let isScheduled = false;
  const schedule = (): void => {
    const { nextAt } = scheduler;
    if (isScheduled || nextAt === null) return;
    isScheduled = true;
    const farMs = nextAt - scheduler.now;
    if (farMs <= nearMs) soon(run);
    else later(run, farMs / speed);
  };
  const run = (): void => {
    isScheduled = false;
    scheduler.runNext();
    schedule();
  };
  scheduler.onAdded(schedule);
}
