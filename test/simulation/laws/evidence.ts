import { isEndState, type LegRecord } from "@berth/engine";
import { StoredRecords } from "../../support/laws/decisions/stored.ts";
import type { Durable, History, StoreLoss } from "../history.ts";

/** What the laws look at: what was seen at the boundaries of the system, and what they may take for granted about it. */
export interface Evidence {
  readonly history: History;
  readonly leaseMs: number;
  /** All that was ever stored, as it was in the end. */
  readonly stored: StoredRecords;
  /** Tasks that had ended when the store went backwards. An owner has what lives in memory, and of ends only the latest. */
  readonly forgettable: ReadonlySet<string>;
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
  /**
   * Nobody can keep it where the store went backwards and the only memory of what it lost is gone too: its owner died
   * before it could write it back. It is not looked at in such a run.
   */
  readonly needsMemory: boolean;
  onCommit?(step: Step): string[];
  onEnd?(evidence: Evidence): string[];
}

export const holding: ReadonlySet<string> = new Set(["granted", "running", "cancelling"]);

export interface Judgement {
  readonly violations: { readonly law: string; readonly what: string }[];
  /** The store went backwards, and the only memory of what it lost was gone too. */
  readonly hasForgotten: boolean;
}

/** Plays the commits once more into an empty store, and shows each step to all laws that can be kept in this run. */
export function judge(history: History, leaseMs: number, laws: readonly Law[]): Judgement {
  const stored = new StoredRecords();
  const violations: { law: string; what: string }[] = [];
  const blame = (law: Law, findings: readonly string[]): void => {
    for (const what of findings) violations.push({ law: law.name, what });
  };
  const lossesAt = Map.groupBy(history.storeLosses, ({ durables }) => durables);
  const hasForgotten = !history.storeLosses.every((loss) => isHealed(history, loss));
  const valid = laws.filter(({ needsMemory }) => !needsMemory || !hasForgotten);
  const forgettable = new Set<string>();
  for (const [index, durable] of history.durables.entries()) {
    for (const loss of lossesAt.get(index) ?? []) loseRecords(stored, loss, durable, forgettable);
    const step = play(stored, durable);
    // What is written back at once tells nothing of what was decided when.
    if (durable.isWhole) continue;
    for (const law of valid) if (law.onCommit !== undefined) blame(law, law.onCommit(step));
  }
  const evidence = { history, leaseMs, stored, forgettable };
  for (const law of valid) if (law.onEnd !== undefined) blame(law, law.onEnd(evidence));
  return { violations, hasForgotten };
}

function loseRecords(stored: StoredRecords, loss: StoreLoss, next: Durable, forgettable: Set<string>): void {
  const kept = new Set(
    next.changes.flatMap((change) => (change.type === "task.added" ? [change.task.id] : [])),
  );
  for (const { id, status } of stored.tasks.values()) {
    // What its owner does not write back has ended for it, if only in a commit that was under way.
    if (isEndState(status.state) || (next.isWhole && !kept.has(id))) forgettable.add(id);
  }
  stored.clear();
  stored.record(loss.left, loss.counters);
}

/**
 * Whoever wrote last before the store went backwards still owned it, and lived to write back all that it lost: as a whole,
 * or commit by commit up to the last one. A term that breaks off meanwhile has forgotten everything too.
 */
function isHealed({ durables, acquired }: History, loss: StoreLoss): boolean {
  const before = durables[loss.durables - 1];
  if (before === undefined) return true;
  if (acquired.findLast(({ at }) => at <= loss.at)?.owner !== before.owner) return false;
  const next = acquired.find(({ at, owner }) => at >= loss.at && owner !== before.owner);
  const after = durables.slice(loss.durables).filter(({ at }) => next === undefined || at < next.at);
  if (after.length === 0) return next === undefined;
  if (after[0]?.isWhole === true) return true;
  return after.some(
    ({ sequence, decidedAt }) => sequence === before.sequence && decidedAt === before.decidedAt,
  );
}

function play(stored: StoredRecords, durable: Durable): Step {
  if (durable.isWhole) stored.clearItems();
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
