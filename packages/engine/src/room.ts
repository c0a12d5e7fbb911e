import { isAssembling } from "./assembly.ts";
import { precedes } from "./line.ts";
import { eligibleCount, isEligible } from "./serving.ts";
import type { Leg, Session, Target, Task } from "./state.ts";

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
  return (session) => (keeperOf(session, leg) === null ? roomLeft(session) : 0);
}

function roomLeft(session: Session): number {
  return Math.max(0, session.capacity - session.load);
}

/** The task of an earlier place that the room of a session is kept for; `null`: it is not kept from this leg. */
function keeperOf(session: Session, leg: Leg): Task | null {
  for (const task of session.reservedFor) {
    const first = task.legs[0];
    if (first !== undefined && task !== leg.task && precedes(first, leg)) return task;
  }
  return null;
}

/** The tasks that room is kept for which this leg could have otherwise. */
export function keepersOfRoom(leg: Leg): Task[] {
  const keepers = new Set<Task>();
  for (const session of leg.target.sessions) {
    const keeper = isEligible(session) && roomLeft(session) > 0 ? keeperOf(session, leg) : null;
    if (keeper !== null) keepers.add(keeper);
  }
  return [...keepers];
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

/**
 * Each leg takes room in a session of its target. Where there are several, whatever one was given makes way where that helps
 * another, so only what cannot be had is said not to be there. That a target has no session is not for want of room.
 */
function hasRoomForAll(task: Task, roomOf: RoomOf, promisedAt: (target: Target) => number): boolean {
  const seating: Seating = new Map();
  for (const { state, mode, target } of task.legs) {
    if (state !== "waiting" || mode === "bypass" || eligibleCount(target) === 0) continue;
    for (let needed = 1 + promisedAt(target); needed > 0; needed -= 1) {
      if (!canSeat(target, seating, roomOf, new Set())) return false;
    }
  }
  return true;
}

/** The targets of the attempts that each session was given. */
type Seating = Map<Session, Target[]>;

/** Finds room for one more, by augmenting paths. (H. W. Kuhn, "The Hungarian Method", 1955) */
function canSeat(target: Target, seating: Seating, roomOf: RoomOf, tried: Set<Session>): boolean {
  for (const session of target.sessions) {
    if (!isEligible(session) || tried.has(session)) continue;
    tried.add(session);
    const seated = seating.get(session) ?? [];
    seating.set(session, seated);
    if (seated.length < roomOf(session)) {
      seated.push(target);
      return true;
    }
    const index = seated.findIndex((other) => canSeat(other, seating, roomOf, tried));
    if (index < 0) continue;
    seated[index] = target;
    return true;
  }
  return false;
}
