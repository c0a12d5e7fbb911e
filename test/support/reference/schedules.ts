// Schedules, by fixed periods.
import type { PutScheduleCommand, ScheduleTimes } from "@berth/engine";
import { type Answer, done, refused } from "./reply.ts";
import { enqueue } from "./submitting.ts";
import { liveTask, type World } from "./world.ts";

export function putSchedule(world: World, { schedule: id, spec }: PutScheduleCommand): Answer {
  const existing = world.schedules.find((each) => each.id === id);
  const nextAt = spec.paused ? null : nextAfter(spec.times, world.at);
  if (existing !== undefined) {
    const { id: _, nextAt: __, lastTask: ___, ...before } = existing;
    if (JSON.stringify(before) === JSON.stringify(spec)) return done;
    Object.assign(existing, { ...spec, nextAt });
  } else world.schedules.push({ ...spec, id, nextAt, lastTask: null });
  return done;
}

export function removeSchedule(world: World, id: string): Answer {
  if (!world.schedules.some((each) => each.id === id)) return refused("schedule_unknown");
  world.schedules = world.schedules.filter((each) => each.id !== id);
  return done;
}

function nextAfter(times: ScheduleTimes, after: number): number {
  if (times.type === "cron") throw new Error("the reference reads no calendar");
  let at = times.anchorAt;
  while (at > after) at -= times.everyMs;
  while (at <= after) at += times.everyMs;
  return at;
}

/** A run was missed when it is late, or not the only one. */
export function fireSchedule(world: World, schedule: World["schedules"][number]): void {
  const dueAt = schedule.nextAt ?? world.at;
  const isLate = world.at - dueAt > world.limits.missedAfterMs;
  const isMissed = isLate || nextAfter(schedule.times, dueAt) <= world.at;
  schedule.nextAt = nextAfter(schedule.times, world.at);
  if (isMissed && schedule.missed === "skip") return;
  const { lastTask, overlap } = schedule;
  if (overlap === "skip" && lastTask !== null && liveTask(world, lastTask) !== undefined) return;
  const { queueExpiryMs, ...task } = schedule.task;
  const id = `${schedule.id}:${dueAt}`;
  const queueExpiresAt = queueExpiryMs === null ? null : world.at + queueExpiryMs;
  const answer = enqueue(world, { ...task, id, notBefore: null, queueExpiresAt }, schedule.id, dueAt);
  if (answer.type === "refused") world.oopses.add(id);
  else schedule.lastTask = id;
}
