import type { HoldScope } from "./command.ts";
import { expectedMs } from "./estimate.ts";
import type { Clearance, RunningLeg } from "./explanation.ts";
import { isInScope } from "./hold.ts";
import type { Leg, State } from "./state.ts";

/** Who runs in a scope, and until when; and what was given up there and may still run. */
export function clearanceOf(state: State, scope: HoldScope, now: number): Clearance {
  const running: RunningLeg[] = [];
  const quarantines = [];
  const targets =
    scope.targets.length > 0
      ? scope.targets.map((name) => state.targets.get(name)).filter((target) => target !== undefined)
      : state.targets.values();
  for (const target of targets) {
    for (const line of [...target.slots.values(), ...target.lanes.values()]) {
      for (const leg of line.holders)
        if (isInScope(scope, leg.task, target)) running.push(runningLeg(leg, now));
    }
    // What they were is not known any more, so they count wherever the target does.
    const all = { kind: scope.kinds[0] ?? "deploy", name: scope.names[0] ?? "" } as const;
    if (!isInScope(scope, all, target)) continue;
    for (const slot of target.slots.values()) quarantines.push(...slot.quarantines.values());
  }
  const isClear = running.length === 0 && quarantines.length === 0;
  return { isClear, clearAt: quarantines.length > 0 ? null : lastEnd(running, now), running, quarantines };
}

function runningLeg(leg: Leg, now: number): RunningLeg {
  return {
    leg: leg.id,
    task: leg.task.id,
    kind: leg.task.kind,
    name: leg.task.name,
    target: leg.target.id,
    mode: leg.mode,
    state: leg.state,
    since: leg.grantedAt ?? now,
    expectedEndAt: expectedEndAt(leg, now),
  };
}

/** When a leg that holds its slot gives it back, if it takes as long as its like; not before now. `null`: unknown. */
export function expectedEndAt(leg: Leg, now: number): number | null {
  const ms = expectedMs(leg);
  return ms === null ? null : Math.max(now, (leg.startedAt ?? now) + ms);
}

function lastEnd(running: readonly RunningLeg[], now: number): number | null {
  let last = now;
  for (const { expectedEndAt: end } of running) {
    if (end === null) return null;
    last = Math.max(last, end);
  }
  return last;
}
