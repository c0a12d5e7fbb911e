/** Takes back what was to run later. Does nothing where it has run, or was taken back before. */
export type Cancel = () => void;

/** Where a dispatcher gets its time from, so that a simulation can give it another one. */
export interface Timing {
  /** ms since 1970. It jumps when somebody sets the clock. */
  now(): number;
  /** ms since some moment. It never jumps. */
  elapsed(): number;
  /** Calls `run` once, after `ms`. */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` every `ms`, first after `ms`. */
  every(ms: number, run: () => void): Cancel;
  /** Calls `run` once, as soon as what has come in by now has been handed over. */
  soon(run: () => void): void;
}

export const realTiming: Timing = {
  now: Date.now,
  elapsed: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, timerMsMax));
    return () => clearTimeout(timer);
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  soon: setImmediate,
};

/** The longest time that `setTimeout` takes; it would run at once after a longer one. */
const timerMsMax = 2 ** 31 - 1;

/** The same, but its time never goes back, because the engine's must not: while the machine's does, it stands still. */
export function steadyTiming(timing: Timing): Timing {
  let last = 0;
  return {
    now: () => {
      last = Math.max(last, timing.now());
      return last;
    },
    elapsed: () => timing.elapsed(),
    after: (ms, run) => timing.after(ms, run),
    every: (ms, run) => timing.every(ms, run),
    soon: (run) => timing.soon(run),
  };
}
