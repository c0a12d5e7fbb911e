// Why a waiting leg cannot start, by looking at everything.
import type { CauseCode, HoldRecord } from "@berth/engine";
import { estimateMs } from "./estimate.ts";
import { laneOf } from "./policy.ts";
import { fitTogether, hasRoom } from "./room.ts";
import {
  byPlace,
  childrenOf,
  eligibleSessions,
  holds,
  isAssembling,
  lineOf,
  liveLegs,
  precedes,
  type RefLeg,
  target,
  type World,
  waitingLegs,
} from "./world.ts";

/** All reasons; none: it can start. */
export function reasonsOf(
  world: World,
  leg: RefLeg,
  now: number,
  reserved: Reservations = reservationsAt(world, now),
): CauseCode[] {
  const closed = closedTo(leg, reserved);
  return [
    ...stuckReasons(world, leg, now),
    ...lineReasons(world, leg, now),
    ...(isShortOfRoom(world, leg, closed) ? (["at-capacity"] as const) : []),
    ...(othersCannotStart(world, leg, now, closed) ? (["together"] as const) : []),
  ];
}

/** It could not start even if every slot were free. */
export function isStuck(world: World, leg: RefLeg, now: number): boolean {
  if (!isAssembling(leg.task)) return stuckReasons(world, leg, now).length > 0;
  const { legs } = leg.task;
  return legs.some((each) => stuckReasons(world, each, now).length > 0) || !fitTogether(world, legs, "ever");
}

function stuckReasons(world: World, leg: RefLeg, now: number): CauseCode[] {
  const { task } = leg;
  const reasons: CauseCode[] = [];
  if (leg.readyAt !== null && leg.readyAt > now) reasons.push("not-yet");
  if (task.plan?.steps[leg.step]?.awaitsChildren && childrenOf(world, task).length > 0)
    reasons.push("children");
  if (world.holds.some((hold) => stops(world, hold, leg, now))) reasons.push("held");
  if (leg.joined !== null) reasons.push("joined");
  if (isRolloutFull(leg)) reasons.push("rollout-full");
  if (isSemaphoreFull(world, leg)) reasons.push("semaphore-full");
  if (eligibleSessions(world, leg.target).length === 0) reasons.push("offline");
  const isShut = world.quarantines.some((each) => each.target === leg.target && each.mutex === task.mutex);
  if (isShut && leg.mode !== "bypass") reasons.push("quarantined");
  return reasons;
}

export function stops(world: World, hold: HoldRecord, leg: RefLeg, now: number): boolean {
  const { kinds, names, targets, tags } = hold.scope;
  const covers =
    (kinds.length === 0 || kinds.includes(leg.task.kind)) &&
    (names.length === 0 || names.includes(leg.task.name)) &&
    (targets.length === 0 || targets.includes(leg.target)) &&
    (tags.length === 0 || tags.some((tag) => target(world, leg.target).tags.includes(tag)));
  if (!covers || (hold.until !== null && hold.until <= now)) return false;
  const isActive = hold.from <= now;
  if (hold.longerThanMs !== null) return isActive && estimateMs(world, leg) > hold.longerThanMs;
  return isActive || now + estimateMs(world, leg) > hold.from;
}

function isRolloutFull(leg: RefLeg): boolean {
  const { plan, legs } = leg.task;
  if (plan?.rollout.type !== "rolling" || plan.rollout.window === null || legs.length === 1) return false;
  const unfinished = legs.filter((each) => each.attempt > 0 && (holds(each) || isBetween(each)));
  return leg.attempt === 0 && unfinished.length >= plan.rollout.window;
}

function isBetween(leg: RefLeg): boolean {
  return leg.state === "waiting" || leg.state === "parked";
}

function isSemaphoreFull(world: World, leg: RefLeg): boolean {
  const { task } = leg;
  const holders = liveLegs(world).filter(holds);
  if (leg.mode === "bypass") {
    const lane = holders.filter((each) => each.mode === "bypass" && each.task.kind === task.kind);
    return lane.length >= limitOf(world, `lane.${task.kind}`, 1_000);
  }
  const tasks = new Set(holders.filter((each) => each.mode !== "bypass").map((each) => each.task));
  if (tasks.has(task)) return false;
  const capped = [...tasks].filter((each) => each.kind !== "health-check");
  if (task.kind !== "health-check" && capped.length >= limitOf(world, "task-cap", Number.POSITIVE_INFINITY))
    return true;
  const names = task.plan?.semaphores ?? [];
  return names.some((name) => {
    const held = [...tasks].filter((each) => each.plan?.semaphores.includes(name));
    return held.length >= limitOf(world, name, 1);
  });
}

function limitOf(world: World, semaphore: string, unset: number): number {
  return world.semaphores.find(({ id }) => id === semaphore)?.limit ?? unset;
}

function lineReasons(world: World, leg: RefLeg, now: number): CauseCode[] {
  const holders = liveLegs(world).filter((each) => holds(each) && lineOf(each) === lineOf(leg));
  const reasons: CauseCode[] = [];
  const mayShare = leg.mode === "shared" && holders.every(({ mode }) => mode === "shared");
  if (leg.mode === "bypass") {
    if (holders.length >= laneOf(leg.task.kind, target(world, leg.target).policy)) reasons.push("lane-full");
  } else if (holders.length > 0 && !mayShare) reasons.push("slot-taken");
  if (isBehind(world, leg, now)) reasons.push("behind");
  return reasons;
}

function isBehind(world: World, leg: RefLeg, now: number): boolean {
  return waitingLegs(world).some(
    (other) =>
      other.task !== leg.task &&
      lineOf(other) === lineOf(leg) &&
      precedes(other, leg) &&
      // They stand in no line.
      !(other.mode === "bypass" && isAssembling(other.task)) &&
      !isStuck(world, other, now),
  );
}

function isShortOfRoom(world: World, leg: RefLeg, closed: ReadonlySet<string>): boolean {
  if (leg.mode === "bypass" || eligibleSessions(world, leg.target).length === 0) return false;
  if (isAssembling(leg.task)) return !fitTogether(world, leg.task.legs, "now", closed);
  return !hasRoom(world, leg, closed);
}

function othersCannotStart(world: World, leg: RefLeg, now: number, closed: ReadonlySet<string>): boolean {
  const { task } = leg;
  if (!isAssembling(task)) return false;
  const others = task.legs.filter((each) => each !== leg);
  if (others.some((each) => hasObstacle(world, each, now))) return true;
  return leg.mode === "bypass" && !fitTogether(world, task.legs, "now", closed);
}

function hasObstacle(world: World, leg: RefLeg, now: number): boolean {
  return stuckReasons(world, leg, now).length > 0 || lineReasons(world, leg, now).length > 0;
}

/** Sessions that keep their room for a task which starts together. */
export type Reservations = readonly { readonly head: RefLeg; readonly sessions: ReadonlySet<string> }[];

/** A task that starts together and waits for room only has it kept, if that is not kept for one of an earlier place. */
export function reservationsAt(world: World, now: number): Reservations {
  const heads = waitingLegs(world).filter(({ number, task }) => number === 1 && isAssembling(task));
  const reserved: { head: RefLeg; sessions: Set<string> }[] = [];
  for (const head of heads.sort(byPlace)) {
    const { legs } = head.task;
    if (isStuck(world, head, now) || legs.some((each) => hasObstacle(world, each, now))) continue;
    if (fitTogether(world, legs, "now", closedTo(head, reserved))) continue;
    const taking = legs.filter(({ mode }) => mode !== "bypass");
    const sessions = taking.flatMap((each) => eligibleSessions(world, each.target));
    reserved.push({ head, sessions: new Set(sessions.map(({ id }) => id)) });
  }
  return reserved;
}

function closedTo(leg: RefLeg, reserved: Reservations): ReadonlySet<string> {
  const earlier = reserved.filter(({ head }) => head.task !== leg.task && precedes(head, leg));
  return new Set(earlier.flatMap(({ sessions }) => [...sessions]));
}
