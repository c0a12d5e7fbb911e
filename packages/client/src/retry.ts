/** How often a call is sent, and how long to wait in between: twice as long each time, less a random half. */
export interface RetryRule {
  /** The first one counts; 1: never again. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly delayMaxMs: number;
}

/** About six seconds: enough for a restart of the API or for another dispatcher to take the space over. */
export const callRule: RetryRule = { attempts: 6, firstDelayMs: 200, delayMaxMs: 5_000 };

/** Whoever follows a task for hours shall not give up over a few minutes without a server. */
export const followRule: RetryRule = { attempts: 60, firstDelayMs: 200, delayMaxMs: 5_000 };

/** The random half keeps many clients from coming back in the same instant. */
export function delayBefore(nextAttempt: number, rule: RetryRule): number {
  const fullMs = Math.min(rule.delayMaxMs, rule.firstDelayMs * 2 ** (nextAttempt - 2));
  return Math.round(fullMs * (0.5 + Math.random() / 2));
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export type Wait = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export const waitInTime: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
