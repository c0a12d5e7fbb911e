// Whether tentacles take more attempts that hold a slot.
import { eligibleSessions, holds, liveLegs, type RefLeg, type RefSession, type World } from "./world.ts";

const none: ReadonlySet<string> = new Set();

/** The tentacles of its target have fewer than they take. What nobody has claimed yet will be with one of them. */
export function hasRoom(world: World, leg: RefLeg, closed: ReadonlySet<string>): boolean {
  const free = eligibleSessions(world, leg.target).map((session) => freeIn(world, session, closed));
  return free.reduce((sum, each) => sum + each, 0) > unclaimedAt(world, leg.target);
}

function freeIn(world: World, session: RefSession, closed: ReadonlySet<string>): number {
  if (closed.has(session.id)) return 0;
  const load = liveLegs(world).filter((leg) => leg.session === session.id && leg.mode !== "bypass").length;
  return Math.max(0, session.capacity - load);
}

function unclaimedAt(world: World, target: string): number {
  return liveLegs(world).filter(
    (leg) => leg.target === target && holds(leg) && leg.session === null && leg.mode !== "bypass",
  ).length;
}

/** Whether all of these could get room at one instant: now, or ever, if their tentacles had nothing else to do. */
export function fitTogether(
  world: World,
  legs: readonly RefLeg[],
  when: "now" | "ever",
  closed: ReadonlySet<string> = none,
): boolean {
  const needing = legs.filter(({ mode }) => mode !== "bypass");
  const needs = needing.flatMap(({ target }) => {
    const count = 1 + (when === "now" ? unclaimedAt(world, target) : 0);
    return Array.from({ length: count }, () => eligibleSessions(world, target));
  });
  const free = new Map<RefSession, number>();
  for (const session of world.sessions)
    free.set(session, when === "now" ? freeIn(world, session, closed) : session.capacity);
  // A target without tentacles is offline, which is another matter.
  return canPlace(
    needs.filter((sessions) => sessions.length > 0),
    free,
  );
}

/** Tries each session for the first of them, and so on. */
function canPlace(needs: readonly (readonly RefSession[])[], free: Map<RefSession, number>): boolean {
  const [first, ...rest] = needs;
  if (first === undefined) return true;
  return first.some((session) => {
    const room = free.get(session) ?? 0;
    if (room === 0) return false;
    free.set(session, room - 1);
    const fits = canPlace(rest, free);
    free.set(session, room);
    return fits;
  });
}
