import type { HoldRecord, LegRecord, TargetPolicy, TaskKind } from "@berth/engine";
import { mayServe, type StoredRecords } from "../../support/laws/decisions/stored.ts";
import { holding } from "./evidence.ts";
import { mayBeKeptBack } from "./passing.ts";

/** A hold that covers the leg, now or from some time on. */
function covers(hold: HoldRecord, leg: LegRecord, stored: StoredRecords): boolean {
  const { kind, name } = stored.taskOf(leg);
  const tags = stored.targets.get(leg.target)?.tags ?? [];
  const { scope } = hold;
  return (
    (scope.kinds.length === 0 || scope.kinds.includes(kind)) &&
    (scope.names.length === 0 || scope.names.includes(name)) &&
    (scope.targets.length === 0 || scope.targets.includes(leg.target)) &&
    (scope.tags.length === 0 || scope.tags.some((tag) => tags.includes(tag)))
  );
}

/** What legs compete for: the slot, or the lane of those that bypass it. */
export function lineOf(leg: LegRecord, stored: StoredRecords): string {
  const { mutex, kind } = stored.taskOf(leg);
  return leg.mode === "bypass" ? `lane ${leg.target} ${kind}` : `slot ${leg.target}/${mutex}`;
}

/** Waits, and nothing of its own keeps it: no time, no hold, no check that runs for it. Doubt counts against it. */
export function isReady(leg: LegRecord, stored: StoredRecords, at: number): boolean {
  if (leg.state !== "waiting" || leg.joined !== null) return false;
  if (leg.readyAt !== null && leg.readyAt >= at) return false;
  for (const hold of stored.holds.values()) if (covers(hold, leg, stored)) return false;
  return !mayBeKeptBack(leg, stored);
}

/** Somebody serves the target, takes something new and has room for it, for certain. */
export function isServed(leg: LegRecord, stored: StoredRecords): boolean {
  for (const session of stored.sessions.values()) {
    if (session.draining || !mayServe(session, stored, leg.target)) continue;
    if (leg.mode === "bypass") return true;
    let load = 0;
    for (const other of stored.liveLegs()) {
      if (other.mode === "bypass" || !holding.has(other.state)) continue;
      if (other.session === session.id || (other.session === null && mayServe(session, stored, other.target)))
        load += 1;
    }
    if (load < session.capacity) return true;
  }
  return false;
}

export function laneLimit(kind: TaskKind, policy: TargetPolicy): number {
  return policy.lanes?.[kind] ?? 1;
}
