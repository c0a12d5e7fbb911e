// The reference: the rules of docs/rules.md, done in the most obvious way.
import type { CauseCode, Command, PlaceHoldCommand } from "@berth/engine";
import { settle } from "./attempts.ts";
import { cancel, decide, prioritize, release } from "./control.ts";
import { firstToStart, grantWhatCanStart } from "./granting.ts";
import { reasonsOf } from "./reasons.ts";
import { type Answer, done, refused } from "./reply.ts";
import { putSchedule, removeSchedule } from "./schedules.ts";
import { beat, claim, close, drain, openSession, takeBackUnclaimed, takeReport } from "./sessions.ts";
import { submit } from "./submitting.ts";
import { fireDue } from "./timers.ts";
import { releaseForVersions } from "./versions.ts";
import { type Chance, emptyWorld, type Limits, lives, type RefLeg, type World } from "./world.ts";

export class Reference {
  readonly world: World;

  constructor(limits: Limits, chance: Chance, at: number) {
    this.world = emptyWorld(limits, chance, at);
  }

  apply(command: Command): Answer {
    const { world } = this;
    world.at = command.at;
    fireDue(world, false);
    const answer = carryOut(world, command);
    settle(world);
    releaseForVersions(world);
    fireDue(world, false);
    grantWhatCanStart(world);
    return answer;
  }

  /** Another owner goes on with what is stored. */
  reload(at: number): void {
    const { world } = this;
    world.at = at;
    world.epoch += 1;
    for (const session of world.sessions) session.leaseUntil = at + world.limits.leaseMs;
    for (const duration of world.durations) duration.seconds = [...duration.stored];
    world.releases = [];
  }

  reasonsOf(leg: RefLeg, now: number): CauseCode[] {
    return reasonsOf(this.world, leg, now);
  }

  firstToStart(now: number): RefLeg | undefined {
    return firstToStart(this.world, now);
  }
}

function carryOut(world: World, command: Command): Answer {
  switch (command.type) {
    case "submit":
      return submit(world, command);
    case "cancel":
      return cancel(world, command.task);
    case "prioritize":
      return prioritize(world, command.task, command.priority);
    case "release":
      return release(world, command.task);
    case "discard":
      return decide(world, command.task, "canceled");
    case "decide":
      return decide(world, command.task, command.result);
    case "semaphore.put":
      return putSemaphore(world, command.semaphore, command.limit);
    case "schedule.put":
      return putSchedule(world, command);
    case "schedule.remove":
      return removeSchedule(world, command.schedule);
    case "target.put": {
      const { target: id, policy, tags, users } = command;
      world.targets = [...world.targets.filter((each) => each.id !== id), { id, policy, tags, users }];
      takeBackUnclaimed(world);
      return done;
    }
    case "target.remove":
      return removeTarget(world, command.target);
    case "hold.place":
      return placeHold(world, command);
    case "hold.lift":
      return liftHold(world, command.hold);
    case "quarantine.release":
      return releaseQuarantine(world, command.target, command.mutex);
    case "session.open":
      return openSession(world, command);
    case "session.beat":
      return beat(world, command.session);
    case "session.drain":
      return drain(world, command.session);
    case "session.close":
      return close(world, command.session);
    case "claim":
      return claim(world, command);
    case "report":
      return takeReport(world, command);
    case "paused":
      for (const session of world.sessions) session.leaseUntil += command.ms;
      return done;
    case "tick":
      fireDue(world, true);
      return done;
    case "resend":
      return done;
  }
}

function putSemaphore(world: World, id: string, limit: number | null): Answer {
  const others = world.semaphores.filter((each) => each.id !== id);
  world.semaphores = limit === null ? others : [...others, { id, limit }];
  return done;
}

function removeTarget(world: World, id: string): Answer {
  if (!world.targets.some((each) => each.id === id)) return refused("target_unknown");
  const isUsed = world.tasks.some((task) => lives(task) && task.legs.some((leg) => leg.target === id));
  if (isUsed || world.quarantines.some((each) => each.target === id)) return refused("target_in_use");
  world.targets = world.targets.filter((each) => each.id !== id);
  world.durations = world.durations.filter((each) => each.target !== id);
  return done;
}

function placeHold(world: World, command: PlaceHoldCommand): Answer {
  const { hold: id, scope, owner, reason, until, longerThanMs } = command;
  const existing = world.holds.find((each) => each.id === id);
  const from = command.from ?? existing?.from ?? world.at;
  const placed = {
    id,
    scope,
    owner,
    reason,
    placedAt: existing?.placedAt ?? world.at,
    from,
    until,
    longerThanMs,
  };
  if (existing !== undefined)
    return JSON.stringify(existing) === JSON.stringify(placed) ? done : refused("hold_conflict");
  if (until !== null && until <= Math.max(from, world.at)) return refused("hold_ends_before_it_starts");
  world.holds.push(placed);
  return done;
}

function liftHold(world: World, id: string): Answer {
  if (!world.holds.some((each) => each.id === id)) return refused("hold_unknown");
  world.holds = world.holds.filter((each) => each.id !== id);
  return done;
}

function releaseQuarantine(world: World, targetId: string, mutex: string): Answer {
  const isIts = (each: { target: string; mutex: string }) => each.target === targetId && each.mutex === mutex;
  if (!world.quarantines.some(isIts)) return refused("quarantine_unknown");
  world.quarantines = world.quarantines.filter((each) => !isIts(each));
  return done;
}
