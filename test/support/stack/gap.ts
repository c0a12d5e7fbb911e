// How long nobody took anything: clients ask one thing after the other, and the longest wait for an answer is the gap.
import type { BerthClient } from "@berth/client";

export interface Asking {
  /** Resolves with the longest time from one answer to the next, in ms. */
  readonly stop: () => Promise<number>;
  /** How many were answered so far. */
  readonly answered: () => number;
}

/** Asks as fast as there are answers; a question that fails is asked again at once. */
export function keepAsking(
  client: () => BerthClient,
  question: (client: BerthClient) => Promise<unknown>,
): Asking {
  let isOver = false;
  let answered = 0;
  let longestMs = 0;
  const asking = (async () => {
    let lastMs = performance.now();
    while (!isOver) {
      try {
        await question(client());
      } catch {
        continue;
      }
      const now = performance.now();
      longestMs = Math.max(longestMs, now - lastMs);
      lastMs = now;
      answered += 1;
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await asking;
      return longestMs;
    },
    answered: () => answered,
  };
}
