import { isAssembling } from "./assembly.ts";
import { precedes } from "./line.ts";
import type { Leg, Session, Target, Task } from "./state.ts";

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

/** Whether there is room to start this leg: all of its task, where that starts together. */
export function hasRoom(leg: Leg): boolean {
  const roomOf = roomFor(leg);
  if (isAssembling(leg.task)) return hasRoomForAll(leg.task, roomOf, (target) => target.unclaimed);
  return hasRoomFor(leg.target, roomOf, leg.target.unclaimed);
}

/** Whether the tentacles of a task that starts together could take it at all, if they had nothing else to do. */
export function couldEverHaveRoom(task: Task): boolean {
  return hasRoomForAll(
    task,
    (session) => session.capacity,
    () => 0,
  );
}

type RoomOf = (session: Session) => number;

/** Room that is kept for a task of an earlier place is none. */
function roomFor(leg: Leg): RoomOf {
  return (session) => {
    for (const task of session.reservedFor) {
      const first = task.legs[0];
      if (first !== undefined && task !== leg.task && precedes(first, leg)) return 0;
    }
    return Math.max(0, session.capacity - session.load);
  };
}

/** Whether the sessions of a target take one more attempt that holds a slot, besides as many as are `promised`. */
function hasRoomFor(target: Target, roomOf: RoomOf, promised: number): boolean {
  let room = -promised;
  for (const session of target.sessions) {
    if (isEligible(session)) room += roomOf(session);
    if (room > 0) return true;
  }
  return false;
}

/** Each leg takes room in a session of its target; where there are several, nobody knows yet in which of them. */
function hasRoomForAll(task: Task, roomOf: RoomOf, promisedAt: (target: Target) => number): boolean {
  const taken = new Map<Session, number>();
  for (const leg of task.legs) {
    if (leg.state !== "waiting" || leg.mode === "bypass") continue;
    let promised = promisedAt(leg.target);
    for (const session of leg.target.sessions) promised += taken.get(session) ?? 0;
    if (!hasRoomFor(leg.target, roomOf, promised)) return false;
    const session = roomiestSession(leg.target);
    if (session !== null) taken.set(session, (taken.get(session) ?? 0) + 1);
  }
  return true;
}
