import type { ReleaseQuarantineCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import type { QuarantineRecord } from "./record.ts";
import { forgetIfEmpty, type Leg, type Slot } from "./state.ts";
import { lookAgainAt } from "./together.ts";
import { done, refused, type Turn } from "./turn.ts";

/** Keeps the slot of a leg shut that is given up: what held it may still be running. */
export function quarantineSlot(turn: Turn, leg: Leg): void {
  const { line, token, session } = leg;
  if (line.type !== "slot" || token === null || session === null) return;
  const quarantine: QuarantineRecord = {
    target: leg.target.id,
    mutex: line.mutex,
    leg: leg.id,
    token,
    session: session.id,
    tentacle: session.tentacle,
    since: turn.at,
  };
  line.quarantines.set(token, quarantine);
  turn.state.quarantinedSlots.set(token, line);
  turn.record({ type: "quarantine", quarantine });
  lookAgainAt(turn, leg.target);
}

/** The attempt with this token is proven to be over. `false`: it keeps nothing shut. */
export function endQuarantine(turn: Turn, token: string): boolean {
  const slot = turn.state.quarantinedSlots.get(token);
  if (slot === undefined) return false;
  remove(turn, slot, token);
  return true;
}

function remove(turn: Turn, slot: Slot, token: string): void {
  slot.quarantines.delete(token);
  turn.state.quarantinedSlots.delete(token);
  turn.record({ type: "quarantine.ended", target: slot.target.id, mutex: slot.mutex, token });
  turn.pump(slot);
  lookAgainAt(turn, slot.target);
  forgetIfEmpty(slot);
}

/** Sessions of a tentacle that are proven to be over run nothing any more, apart from what is known to. */
export function endQuarantinesOf(
  turn: Turn,
  tentacle: string,
  sessions: readonly string[],
  stillRun: readonly string[],
): void {
  if (sessions.length === 0) return;
  for (const [token, slot] of turn.state.quarantinedSlots) {
    const quarantine = slot.quarantines.get(token);
    if (quarantine?.tentacle !== tentacle || stillRun.includes(token)) continue;
    if (sessions.includes(quarantine.session)) remove(turn, slot, token);
  }
}

export function releaseQuarantine(turn: Turn, command: ReleaseQuarantineCommand): Reply {
  const slot = turn.state.targets.get(command.target)?.slots.get(command.mutex);
  if (slot === undefined || slot.quarantines.size === 0) {
    return refused(
      "quarantine_unknown",
      `slot ${command.mutex} of target ${command.target} is not quarantined`,
    );
  }
  for (const token of slot.quarantines.keys()) remove(turn, slot, token);
  return done;
}
