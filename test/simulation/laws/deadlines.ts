import type { Durable, History } from "../history.ts";
import type { Law } from "./evidence.ts";

const marginMs = 1_000;
/** For so long after, whatever befell a dispatcher, the store or the broker may still have its effect. */
const aftermathMs = 6_000;

/** Law 10: what was asked to end is given up at its deadline. Nothing is promised while there is nobody to do so. */
export const deadlines: Law = {
  name: "10, freed in time",
  needsMemory: true,
  onEnd: ({ history }) => {
    // What a store has forgotten has no deadline any more.
    if (history.storeLosses.length > 0) return [];
    const cancels = new Cancels();
    return history.durables.flatMap((durable) => {
      const late = cancels.take(durable);
      return late.length === 0 || isDisturbed(history, durable) ? [] : late;
    });
  },
};

function isDisturbed({ faults }: History, { at: now }: Durable): boolean {
  return faults.some(({ at, what }) => at <= now && at > now - aftermathMs && !what.startsWith("tentacle"));
}

/** The legs that are asked to end, by what was committed so far. */
class Cancels {
  readonly #deadlines = new Map<string, number>();

  /** Returns what should have been given up before. */
  take({ changes, decidedAt, sequence }: Durable): string[] {
    for (const change of changes) {
      if (change.type !== "leg") continue;
      const { id, state, cancel } = change.leg;
      if (state === "cancelling" && cancel !== null) this.#deadlines.set(id, cancel.deadlineAt);
      else this.#deadlines.delete(id);
    }
    return [...this.#deadlines]
      .filter(([, deadlineAt]) => decidedAt > deadlineAt + marginMs)
      .map(
        ([leg, deadlineAt]) =>
          `${leg} should have ended ${decidedAt - deadlineAt} ms before commit ${sequence}`,
      );
  }
}
