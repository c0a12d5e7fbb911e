// The rule of granting: of all legs that could start, the one of the first place starts; then it is looked again.
import { reasonsOf, reservationsAt } from "./reasons.ts";
import { byPlace, eligibleSessions, isAssembling, type RefLeg, type World, waitingLegs } from "./world.ts";

export function grantWhatCanStart(world: World): void {
  for (let next = firstToStart(world, world.at); next !== undefined; next = firstToStart(world, world.at)) {
    for (const leg of isAssembling(next.task) ? next.task.legs : [next]) grant(world, leg);
  }
}

/** The first leg that could start at this time. */
export function firstToStart(world: World, now: number): RefLeg | undefined {
  const reserved = reservationsAt(world, now);
  return waitingLegs(world)
    .sort(byPlace)
    .find((leg) => reasonsOf(world, leg, now, reserved).length === 0);
}

/** Under a new token. Where several sessions take something new, whoever gets the delivery has to claim it. */
export function grant(world: World, leg: RefLeg): void {
  const sessions = eligibleSessions(world, leg.target);
  world.tokens += 1;
  leg.token = `${String(world.epoch).padStart(14, "0")}-${String(world.tokens).padStart(12, "0")}`;
  leg.state = "granted";
  leg.attempt += 1;
  leg.session = sessions.length === 1 ? (sessions[0]?.id ?? null) : null;
  leg.readyAt = null;
  leg.startedAt = null;
  leg.cancel = null;
}
