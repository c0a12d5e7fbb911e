import type { AttemptOutcome, Delivery, Failure } from "@berth/protocol";
import type { AttemptOutput } from "./output.ts";

/** Something that runs for an attempt: a script or a handler. */
export interface Execution {
  /**
   * Asks it to end, and makes it end when `graceMs` have passed, as far as that is possible; what was asked before with
   * a longer grace is shortened. `false`: it has ended already, so how it ended has nothing to do with this.
   */
  end(graceMs: number, reason: string): boolean;
  /** Ends it at once, as far as that is possible. */
  kill(): void;
}

/** The attempt, as what runs for it sees it. */
export interface ExecutionHost {
  readonly delivery: Delivery;
  readonly output: AttemptOutput;
  /**
   * Reports the start. To be called right before it; `false`: it must not start any more. `onConfirmed` is called when
   * the broker has the report, and never where the session ends before.
   */
  begin(onConfirmed: (() => void) | null): boolean;
  /** It runs no more. To be called once after `begin`. */
  finished(outcome: AttemptOutcome): void;
  /** It cannot run here. To be called instead of `begin`. */
  unsupported(failure: Failure): void;
}
