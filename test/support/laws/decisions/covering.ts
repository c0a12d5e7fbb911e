// Which holds keep a leg from starting, by what is stored.
import type { HoldRecord, LegRecord, TaskRecord } from "@berth/engine";
import { percentile, type StoredRecords } from "./stored.ts";

const unknownEstimateMs = 3_600_000;

/** The ids of the holds that keep the leg from starting at this time. */
export function covering(stored: StoredRecords, leg: LegRecord, at: number): string[] {
  return [...stored.holds.values()].filter((hold) => stops(stored, hold, leg, at)).map(({ id }) => id);
}

function stops(stored: StoredRecords, hold: HoldRecord, leg: LegRecord, at: number): boolean {
  const { from, until, longerThanMs } = hold;
  if ((until !== null && until <= at) || !isInScope(stored, hold, leg)) return false;
  const estimateMs = estimateOf(stored, leg);
  if (longerThanMs !== null) return from <= at && estimateMs > longerThanMs;
  return from <= at || at + estimateMs > from;
}

function isInScope(stored: StoredRecords, { scope }: HoldRecord, leg: LegRecord): boolean {
  const task = stored.taskOf(leg);
  const tags = stored.targets.get(leg.target)?.tags ?? [];
  return (
    (scope.kinds.length === 0 || scope.kinds.includes(task.kind)) &&
    (scope.names.length === 0 || scope.names.includes(task.name)) &&
    (scope.targets.length === 0 || scope.targets.includes(leg.target)) &&
    (scope.tags.length === 0 || scope.tags.some((tag) => tags.includes(tag)))
  );
}

/** A task without a slot of its own for each step holds it for all steps that are left. */
function estimateOf(stored: StoredRecords, leg: LegRecord): number {
  const task = stored.taskOf(leg);
  const count = task.plan?.slotScope === "task" ? Math.max(1, task.plan.steps.length - leg.step) : 1;
  const steps = Array.from({ length: count }, (_none, index) => learned(stored, task, leg, leg.step + index));
  const known = steps.reduce((sum, ms) => (sum === null || ms === null ? null : sum + ms), 0);
  const most = task.timeoutMs === null ? Number.POSITIVE_INFINITY : task.timeoutMs * count;
  const said = task.estimateMs ?? known ?? (task.timeoutMs === null ? unknownEstimateMs : most);
  return Math.min(said, most);
}

/** The 95th percentile of what the latest took. */
function learned(stored: StoredRecords, task: TaskRecord, leg: LegRecord, step: number): number | null {
  const all = [...stored.durations.values()];
  const known = all.find(
    (each) =>
      each.target === leg.target && each.kind === task.kind && each.name === task.name && each.step === step,
  );
  return known === undefined || known.seconds.length < 3 ? null : percentile(known) * 1_000;
}
