import type { LegRecord } from "@berth/engine";
import { StoredRecords } from "../../support/laws/decisions/stored.ts";
import type { Durable, History } from "../history.ts";

/** What the laws look at: what was seen at the boundaries of the system, and what they may take for granted about it. */
export interface Evidence {
  readonly history: History;
  readonly leaseMs: number;
  /** All that was ever stored, as it was in the end. */
  readonly stored: StoredRecords;
}

/** One commit, and what it made of what was stored. */
export interface Step {
  readonly durable: Durable;
  /** As it is after the commit. */
  readonly stored: StoredRecords;
  /** The legs that the commit changed, as they were before; a new leg has none. */
  readonly was: ReadonlyMap<string, LegRecord | undefined>;
  /** The ids of holds and quarantines (by token) that were there before. */
  readonly holdsBefore: ReadonlySet<string>;
  readonly quarantinesBefore: ReadonlySet<string>;
  /** The tasks that got another priority class in the commit. */
  readonly prioritized: ReadonlySet<string>;
}

/** A law sees each commit in its order, and everything at the end. It returns what breaks it, in sentences. */
export interface Law {
  readonly name: string;
  onCommit?(step: Step): string[];
  onEnd?(evidence: Evidence): string[];
}

export const holding: ReadonlySet<string> = new Set(["granted", "running", "cancelling"]);

/** Plays the commits once more into an empty store, and shows each step to all laws. */
export function judge(
  history: History,
  leaseMs: number,
  laws: readonly Law[],
): { law: string; what: string }[] {
  const stored = new StoredRecords();
  const violations: { law: string; what: string }[] = [];
  const blame = (law: Law, findings: readonly string[]): void => {
    for (const what of findings) violations.push({ law: law.name, what });
  };
  for (const durable of history.durables) {
    const step = play(stored, durable);
    for (const law of laws) if (law.onCommit !== undefined) blame(law, law.onCommit(step));
  }
  const evidence = { history, leaseMs, stored };
  for (const law of laws) if (law.onEnd !== undefined) blame(law, law.onEnd(evidence));
  return violations;
}

function play(stored: StoredRecords, durable: Durable): Step {
  const was = new Map<string, LegRecord | undefined>();
  for (const change of durable.changes)
    if (change.type === "leg" && !was.has(change.leg.id))
      was.set(change.leg.id, stored.legs.get(change.leg.id));
  const holdsBefore = new Set(stored.holds.keys());
  const quarantinesBefore = new Set(stored.quarantines.keys());
  const prioritized = new Set(
    durable.changes.flatMap((change) => {
      if (change.type !== "task.changed") return [];
      return stored.tasks.get(change.id)?.status.priority === change.status.priority ? [] : [change.id];
    }),
  );
  const changes = durable.changes.filter((change) => change.type !== "payload" && change.type !== "log");
  stored.record(changes, durable.counters);
  return { durable, stored, was, holdsBefore, quarantinesBefore, prioritized };
}
