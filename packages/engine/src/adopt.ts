import { sendCancel } from "./attempt.ts";
import type { KnownAttempt, OpenSessionCommand } from "./command.ts";
import { becomeAdopted, becomeMoved, becomeRunning } from "./leg.ts";
import { endQuarantine } from "./quarantine.ts";
import { finish, noteStart, settleUnknown } from "./report.ts";
import { findLeg, type Leg, type Session } from "./state.ts";
import type { Turn } from "./turn.ts";

/** What becomes of attempts that a new session knows of. */
export interface Adoption {
  /** It goes on with these. */
  readonly adopted: string[];
  /** These are over for Berth: what still runs of them must be ended. */
  readonly dropped: string[];
}

/**
 * A tentacle that comes back says what it found: results of its predecessors, and attempts that still run. The token tells
 * whether the attempt is the one that counts; nothing else of a predecessor does any more.
 */
export function adopt(turn: Turn, session: Session, command: OpenSessionCommand): Adoption {
  const adoption: Adoption = { adopted: [], dropped: [] };
  for (const known of command.knows) {
    const isAdopted = adoptOne(turn, session, command.succeeds, known);
    if (known.outcome !== null) continue;
    if (isAdopted) adoption.adopted.push(known.leg);
    else adoption.dropped.push(known.leg);
  }
  return adoption;
}

function adoptOne(
  turn: Turn,
  session: Session,
  predecessors: readonly string[],
  { leg: id, token, outcome }: KnownAttempt,
): boolean {
  if (outcome !== null) endQuarantine(turn, token);
  const leg = findLeg(turn.state, id);
  if (leg === undefined) return false;
  if (leg.token === token && isOf(leg, session, predecessors)) {
    noteStart(turn, leg);
    // A next step is not for the predecessor. What failed, failed with its version.
    if (outcome?.type === "succeeded" && leg.session !== session) becomeMoved(turn, leg, session);
    if (outcome !== null) finish(turn, leg, outcome);
    else goOn(turn, leg, session);
    return true;
  }
  if (leg.state !== "parked" || leg.parking?.for !== "decision" || leg.parking.token !== token) return false;
  if (outcome !== null) return settleUnknown(turn, leg, outcome);
  if (!mayTakeItsSlotAgain(leg)) return false;
  becomeAdopted(turn, leg, session, token);
  return true;
}

/** It is with the session itself, which asks again, or with one that it succeeds. */
function isOf(leg: Leg, session: Session, predecessors: readonly string[]): boolean {
  if (leg.session === null || leg.session.tentacle !== session.tentacle) return false;
  return leg.session === session || predecessors.includes(leg.session.id);
}

function goOn(turn: Turn, leg: Leg, session: Session): void {
  if (leg.session !== session) becomeMoved(turn, leg, session);
  // Its start was never told of. What is only granted would be delivered again.
  if (leg.state === "granted") becomeRunning(turn, leg);
  if (leg.state === "cancelling") sendCancel(turn, leg);
}

/** Its slot was given up when nobody knew of it; it can go on if nothing is in its way by now. */
function mayTakeItsSlotAgain(leg: Leg): boolean {
  const { line, mode } = leg;
  if (line.type === "lane") return true;
  if (line.quarantines.size > 0) return false;
  if (mode === "exclusive") return line.holders.size === 0;
  for (const holder of line.holders) if (holder.mode === "exclusive") return false;
  return true;
}
