/** Where a tentacle gets the time from. */
export interface Clock {
  /** Milliseconds since 1970, for people: it may jump. */
  wallMs(): number;
  /** Milliseconds since some moment; never jumps, so leases and deadlines are measured with it. */
  steadyMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
};
