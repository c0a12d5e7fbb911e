import type { ClearanceView, HoldScope } from "@berth/protocol";
import type { TaskEventSource } from "./task-events.ts";
import { TasksInTheWay } from "./tasks-in-the-way.ts";

/** What is to be clear: the scope of a hold, or one that is described. */
export type ClearanceSubject = { readonly hold: string } | { readonly scope: Partial<HoldScope> };

/**
 * The tasks that run there tell when they end. That a quarantine is opened, that a hold begins, and that one leg of a task ends whose
 * others go on, nobody tells; so it is looked again after this time in any case.
 */
const lookAgainMs = 10_000;

/** Nothing runs there; and where a hold was asked about, it is active, so that nothing starts there either. */
export function isSafe({ isClear, hold }: ClearanceView): boolean {
  return isClear && (hold === undefined || hold.active);
}

/** What is known after each look; the last one is safe. */
export async function* followClearance(
  source: TaskEventSource,
  look: (signal: AbortSignal) => Promise<ClearanceView>,
  outerSignal: AbortSignal | undefined,
): AsyncGenerator<ClearanceView, void> {
  const stop = new AbortController();
  const signal = outerSignal === undefined ? stop.signal : AbortSignal.any([outerSignal, stop.signal]);
  let moved = Promise.withResolvers<void>();
  const running = new TasksInTheWay(source, signal, () => moved.resolve());
  try {
    for (;;) {
      // What moves while it is looked may have been missed by that look.
      moved = Promise.withResolvers<void>();
      const view = await look(signal);
      yield view;
      if (isSafe(view)) return;
      running.follow(tasksByEnd(view));
      await firstOf(moved.promise, (until) => source.transport.wait(lookAgainMs, until), signal);
    }
  } finally {
    stop.abort();
  }
}

/** Those that end last come first: not all are followed, and it is not clear before these have ended. */
function tasksByEnd({ running }: ClearanceView): ReadonlySet<string> {
  const endOf = (time: string | null): number =>
    time === null ? Number.POSITIVE_INFINITY : Date.parse(time);
  const byEnd = running.toSorted((one, other) => {
    const [end, otherEnd] = [endOf(one.expectedEndAt), endOf(other.expectedEndAt)];
    return end === otherEnd ? 0 : otherEnd - end;
  });
  return new Set(byEnd.map(({ task }) => task));
}

async function firstOf(
  moved: Promise<void>,
  wait: (until: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([moved, wait(AbortSignal.any([signal, over.signal]))]);
  } finally {
    over.abort();
  }
}
