/** Tells the time in ms since 1970. */
export type Clock = () => number;

/** A clock that never goes back, because the engine's time must not: while the machine's does, it stands still. */
export function steadyClock(clock: Clock): Clock {
  let last = 0;
  return () => {
    last = Math.max(last, clock());
    return last;
  };
}
