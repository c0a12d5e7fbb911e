import { type Holding, overlaps } from "../../support/laws/exclusion.ts";
import type { RunRecord } from "./runs.ts";

/** Whether a system kept its word, by what its worker wrote down. */
export interface Verdict {
  /** Runs that began on a target on which another one ran. */
  readonly overlaps: number;
  /** Tasks that never ran to their end. */
  readonly lost: number;
  /** Runs of a task that had run before. */
  readonly repeated: number;
}

export function verdictOn(record: RunRecord, tasks: number): Verdict {
  const holdings = Array.from(record.tasks, (task, index): Holding => {
    const [from = 0, until = Number.POSITIVE_INFINITY] = [record.from[index], record.until[index]];
    return { slot: String(record.targets[index]), mode: "exclusive", from, until, label: `task ${task}` };
  });
  const ended = holdings.filter(({ until }) => until < Number.POSITIVE_INFINITY);
  const ran = new Set(ended.map(({ label }) => label)).size;
  return { overlaps: overlaps(holdings).length, lost: tasks - ran, repeated: ended.length - ran };
}

/** From the end of each run to the begin of the next one on the same target; ms, in no order. */
export function handoversIn(record: RunRecord): number[] {
  const indexes = Array.from(record.targets.keys());
  const byTarget = Map.groupBy(indexes, (index) => record.targets[index]);
  return [...byTarget.values()].flatMap((ofTarget) => {
    const ordered = ofTarget.toSorted((one, other) => (record.from[one] ?? 0) - (record.from[other] ?? 0));
    return ordered.slice(1).map((index, before) => {
      const ended = record.until[ordered[before] ?? -1] ?? Number.NaN;
      return (record.from[index] ?? Number.NaN) - ended;
    });
  });
}
