import type { LegRecord } from "@berth/engine";
import { isReady, isServed, laneLimit, lineOf } from "./eligible.ts";
import { holding, type Law, type Step } from "./evidence.ts";
import { mayWaitForTogether } from "./passing.ts";

/**
 * Laws 2 and 10 as far as they say that nothing waits without a cause: after each commit, of a free slot or lane whose
 * target is served nobody waits who could start.
 */
export const nothingIdle: Law = {
  name: "2, bypass, and 10, freed in time",
  needsMemory: false,
  onCommit: (step) => {
    const { stored, durable } = step;
    // An owner also commits nothing, to see whether the store still has what it should: nothing was decided then.
    if (durable.changes.every(({ type }) => type === "oops")) return [];
    const lines = holdersByLine(step);
    const findings: string[] = [];
    for (const leg of stored.liveLegs()) {
      if (!isReady(leg, stored, durable.decidedAt) || !isServed(leg, stored)) continue;
      const line = lineOf(leg, stored);
      const holders = lines.get(line)?.length ?? 0;
      if (holders >= limitOf(leg, step) || isShut(leg, step) || mayWaitForTogether(leg, stored)) continue;
      findings.push(`${leg.id} waits after commit ${durable.epoch}/${durable.sequence}, and ${line} is free`);
    }
    return findings;
  },
};

function holdersByLine({ stored }: Step): Map<string, LegRecord[]> {
  const holders = stored.liveLegs().filter(({ state }) => holding.has(state));
  return Map.groupBy(holders, (leg) => lineOf(leg, stored));
}

function limitOf(leg: LegRecord, { stored }: Step): number {
  if (leg.mode !== "bypass") return 1;
  return laneLimit(stored.taskOf(leg).kind, stored.targets.get(leg.target)?.policy ?? {});
}

function isShut(leg: LegRecord, { stored }: Step): boolean {
  const { mutex } = stored.taskOf(leg);
  for (const quarantine of stored.quarantines.values())
    if (quarantine.target === leg.target && quarantine.mutex === mutex) return true;
  return false;
}
