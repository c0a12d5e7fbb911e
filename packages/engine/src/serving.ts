import type { Session, Target } from "./state.ts";

/** A session that may be given something new. */
export function isEligible(session: Session): boolean {
  return !session.draining;
}

export function eligibleCount(target: Target): number {
  let count = 0;
  for (const session of target.sessions) if (isEligible(session)) count += 1;
  return count;
}

/** The session with the least load; of equals, the one that was opened first. */
export function roomiestSession(target: Target): Session | null {
  let best: Session | null = null;
  for (const session of target.sessions) {
    if (isEligible(session) && (best === null || session.load < best.load)) best = session;
  }
  return best;
}
