import { giveBack } from "./attempt.ts";
import { isUnclaimed, pumpStarved } from "./leg.ts";
import { eligibleCount } from "./serving.ts";
import type { Session, State, Target } from "./state.ts";
import { lookAgainAt } from "./together.ts";
import type { Turn } from "./turn.ts";
import { releaseForVersions } from "./version-release.ts";

/*
 * Which sessions serve a target: those that name it, as soon as it is there and its users are not others than theirs.
 */

/** Whom nobody vouches for is trusted, and so is everybody where nobody is named. */
export function mayServe({ user }: Session, { users }: Target): boolean {
  return user === null || users.length === 0 || users.includes(user);
}

/** Until there is such a target, or the session may serve it. */
export function awaitTarget(state: State, name: string, session: Session): void {
  const awaiting = state.awaitedTargets.get(name);
  if (awaiting === undefined) state.awaitedTargets.set(name, new Set([session]));
  else awaiting.add(session);
}

export function beginServing(turn: Turn, session: Session, target: Target): void {
  target.sessions.add(session);
  pumpTarget(turn, target);
}

/** The target is new, or its users are others than before: who may serve it does, and who may not does not any more. */
export function reviewService(turn: Turn, target: Target): void {
  const { state } = turn;
  const leaving = [...target.sessions].filter((session) => !mayServe(session, target));
  const awaiting = state.awaitedTargets.get(target.id) ?? new Set();
  const joining = [...awaiting].filter((session) => mayServe(session, target));
  if (leaving.length === 0 && joining.length === 0) return;
  for (const session of joining) awaiting.delete(session);
  if (awaiting.size === 0) state.awaitedTargets.delete(target.id);
  const serving = new Set([...target.sessions, ...joining]);
  for (const session of leaving) {
    serving.delete(session);
    awaitTarget(state, target.id, session);
  }
  target.sessions.clear();
  for (const session of inOrderOfOpening(state, serving)) target.sessions.add(session);
  for (const session of leaving) pumpStarved(turn, session);
  if (eligibleCount(target) === 0) takeBackUnclaimed(turn, target);
  pumpTarget(turn, target);
  releaseForVersions(turn, target);
}

function inOrderOfOpening(state: State, sessions: ReadonlySet<Session>): Iterable<Session> {
  return sessions.size < 2 ? sessions : [...state.sessions.values()].filter((each) => sessions.has(each));
}

/** Nobody is left to claim them, so they would keep their slots for nothing. */
export function takeBackUnclaimed(turn: Turn, target: Target): void {
  for (const line of [...target.slots.values(), ...target.lanes.values()]) {
    for (const leg of line.holders) if (isUnclaimed(leg)) giveBack(turn, leg);
  }
}

export function pumpTarget(turn: Turn, target: Target): void {
  lookAgainAt(turn, target);
  for (const slot of target.slots.values()) turn.pump(slot);
  for (const lane of target.lanes.values()) turn.pump(lane);
}
