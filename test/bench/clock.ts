import process from "node:process";

/** Milliseconds on the clock of the machine that never jumps: the same in all processes on it. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
