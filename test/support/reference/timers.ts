// What happens because time passes.
import { askForEnd, end, endCancelled, noteOops, settle } from "./attempts.ts";
import { fireSchedule } from "./schedules.ts";
import { endSession } from "./sessions.ts";
import { liveLegs, type RefLeg, type World, waitingLegs } from "./world.ts";

export interface Due {
  readonly at: number;
  fire(): void;
}

/** What decides about starts comes before each command. What ends something that is under way waits for a tick, leases to its end. */
export function fireDue(world: World, isTick: boolean): void {
  fireAll(world, () => (isTick ? [...starts(world), ...ends(world)] : starts(world)));
  if (isTick) fireAll(world, () => leases(world));
}

function fireAll(world: World, dues: () => readonly Due[]): void {
  for (;;) {
    const all = dues();
    const [first] = all.filter(({ at }) => at <= world.at).sort((one, other) => one.at - other.at);
    if (first === undefined) return;
    first.fire();
    settle(world);
  }
}

export function nextDueAt(world: World): number | null {
  const times = [...starts(world), ...ends(world), ...leases(world)].map(({ at }) => at);
  const begins = world.holds.flatMap(({ from }) => (from > world.at ? [from] : []));
  const followers = world.releases.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]));
  const all = [...times, ...begins, ...followers];
  return all.length === 0 ? null : Math.min(...all);
}

function starts(world: World): Due[] {
  const holds = world.holds.flatMap((hold): Due[] =>
    hold.until === null
      ? []
      : [
          {
            at: hold.until,
            fire: () => {
              world.holds = world.holds.filter((each) => each !== hold);
            },
          },
        ],
  );
  const schedules = world.schedules.flatMap((schedule): Due[] =>
    schedule.nextAt === null ? [] : [{ at: schedule.nextAt, fire: () => fireSchedule(world, schedule) }],
  );
  const expiries = waitingLegs(world).flatMap((leg): Due[] => {
    const at = expiryOf(leg);
    return at === null ? [] : [{ at, fire: () => end(world, leg, "timed-out") }];
  });
  return [...holds, ...schedules, ...expiries];
}

/** What has run once is not thrown away for its age. */
function expiryOf(leg: RefLeg): number | null {
  return (leg.joined ?? leg).attempt === 0 ? leg.task.queueExpiresAt : null;
}

function leases(world: World): Due[] {
  return world.sessions.map((session) => ({
    at: session.leaseUntil,
    fire: () => endSession(world, session, `tentacle ${session.tentacle} has not been heard of`),
  }));
}

function ends(world: World): Due[] {
  return liveLegs(world).flatMap((leg): Due[] => {
    if (leg.state === "cancelling" && leg.cancel !== null)
      return [{ at: leg.cancel.deadlineAt, fire: () => giveUp(world, leg) }];
    const { timeoutMs } = leg.task;
    if (leg.state !== "running" || timeoutMs === null) return [];
    return [{ at: (leg.startedAt ?? 0) + timeoutMs, fire: () => timeOut(world, leg) }];
  });
}

function timeOut(world: World, leg: RefLeg): void {
  noteOops(world, leg);
  askForEnd(world, leg, "failed");
}

/** Nobody knows whether it still runs, so its slot stays shut. */
function giveUp(world: World, leg: RefLeg): void {
  const session = world.sessions.find(({ id }) => id === leg.session);
  if (leg.mode !== "bypass" && leg.token !== null && session !== undefined) {
    const { target, token } = leg;
    world.quarantines.push({
      ...{ target, mutex: leg.task.mutex, leg: leg.id, token, session: session.id },
      ...{ tentacle: session.tentacle, since: world.at },
    });
  }
  endCancelled(world, leg, { type: "CancelDeadlinePassed", value: "", text: null });
}
