/** Longer delays than this make `setTimeout` fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Calls `action` once, after `delayMs`, which may be longer than a timer of Node can wait. Returns how to prevent it. */
export function after(delayMs: number, action: () => void): () => void {
  let restMs = delayMs;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const partMs = Math.min(restMs, timerMsMax);
    restMs -= partMs;
    timer = setTimeout(restMs > 0 ? arm : action, partMs);
  };
  arm();
  return () => clearTimeout(timer);
}

/** Resolves after `delayMs`, or at once when the signal aborts. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done);
  });
}

/** Whether the promise settled within the time. It never rejects: how the promise settled is for others to see. */
export async function within(delayMs: number, promise: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), Math.max(0, Math.min(delayMs, timerMsMax)));
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
