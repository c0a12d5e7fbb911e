const firstMs = 100;
const longestMs = 5_000;

/**
 * How long to wait before attempt number `attempt`, from 0. Doubles up to five seconds, and differs for each by up to a half,
 * so that those who lost the same broker do not all come back at the same moment.
 */
export function reconnectDelayMs(attempt: number): number {
  const wholeMs = Math.min(firstMs * 2 ** attempt, longestMs);
  return wholeMs * (0.5 + Math.random() / 2);
}
