// How long a leg takes: as its task says, or as its like took lately, bounded by its timeout.
import type { RefDuration, RefLeg, World } from "./world.ts";

/** Of a step that is granted by itself; of all that are left, where the slot passes from one to the next. */
export function estimateMs(world: World, leg: RefLeg): number {
  const { plan, timeoutMs, estimateMs: said } = leg.task;
  const last = plan?.slotScope === "task" ? Math.max(leg.step, plan.steps.length - 1) : leg.step;
  let learned: number | null = 0;
  for (let step = leg.step; step <= last; step += 1) {
    const ms = learnedMs(world, leg, step);
    learned = learned === null || ms === null ? null : learned + ms;
  }
  const known = said ?? learned;
  const most = timeoutMs === null ? null : timeoutMs * (last - leg.step + 1);
  if (most === null) return known ?? world.limits.unknownEstimateMs;
  return Math.min(known ?? most, most);
}

function learnedMs(world: World, leg: RefLeg, step: number): number | null {
  const seconds = durationOf(world, leg, step)?.seconds ?? [];
  const expected = percentile(seconds);
  return expected === null ? null : expected * 1_000;
}

/** The 95th percentile of the last 20; `null`: fewer than 3 are known. */
function percentile(seconds: readonly number[]): number | null {
  if (seconds.length < 3) return null;
  const sorted = seconds.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null;
}

function durationOf(world: World, leg: RefLeg, step: number): RefDuration | undefined {
  const { kind, name } = leg.task;
  return world.durations.find(
    (each) => each.target === leg.target && each.kind === kind && each.name === name && each.step === step,
  );
}

export function learn(world: World, leg: RefLeg, ms: number): void {
  const { kind, name } = leg.task;
  let duration = durationOf(world, leg, leg.step);
  if (duration === undefined) {
    duration = { target: leg.target, kind, name, step: leg.step, seconds: [], stored: [] };
    world.durations.push(duration);
  }
  const before = percentile(duration.seconds);
  duration.seconds = [...duration.seconds, Math.max(1, Math.ceil(ms / 1_000))].slice(-20);
  if (percentile(duration.seconds) !== before) duration.stored = duration.seconds;
}
