import type { PutScheduleCommand, RemoveScheduleCommand, TaskRequest } from "./command.ts";
import type { RefusalCode, Reply } from "./decision.ts";
import type { OopsRecord, ScheduleRecord } from "./record.ts";
import type { ScheduleTimes } from "./schedule-spec.ts";
import type { Calendar } from "./settings.ts";
import type { Schedule, State } from "./state.ts";
import { enqueue } from "./submit.ts";
import { done, refused, type Turn } from "./turn.ts";

/** Creates a schedule or changes it; the same again changes nothing. Its times count from now. */
export function putSchedule(turn: Turn, command: PutScheduleCommand): Reply {
  const { state } = turn;
  const { schedule: id, spec } = command;
  const existing = state.schedules.get(id);
  if (existing !== undefined && saysTheSame(existing.record, command)) return done;
  let nextAt: number | null;
  try {
    nextAt = spec.paused ? null : nextAfter(spec.times, turn.at, state.calendar);
  } catch (error) {
    return refused("schedule_invalid", error instanceof Error ? error.message : String(error));
  }
  const record = { ...spec, id, nextAt, lastTask: existing?.record.lastTask ?? null };
  const schedule = existing ?? newSchedule(record);
  state.schedules.set(id, schedule);
  keep(turn, schedule, record);
  return done;
}

function saysTheSame(
  { id: _id, nextAt: _nextAt, lastTask: _lastTask, ...spec }: ScheduleRecord,
  command: PutScheduleCommand,
): boolean {
  return JSON.stringify(spec) === JSON.stringify(command.spec);
}

export function newSchedule(record: ScheduleRecord): Schedule {
  return { timed: "schedule", timerAt: 0, timerIndex: -1, timerEnds: false, timerOrder: 0, record };
}

export function removeSchedule(turn: Turn, command: RemoveScheduleCommand): Reply {
  const schedule = turn.state.schedules.get(command.schedule);
  if (schedule === undefined)
    return refused("schedule_unknown", `there is no schedule "${command.schedule}"`);
  turn.state.schedules.delete(command.schedule);
  turn.state.timers.set(schedule, null);
  turn.record({ type: "schedule.removed", id: command.schedule });
  return done;
}

function keep(turn: Turn, schedule: Schedule, record: ScheduleRecord): void {
  schedule.record = record;
  turn.state.timers.set(schedule, record.nextAt);
  turn.record({ type: "schedule", schedule: record });
}

/** One of its times has come, or has long passed. */
export function fireSchedule(turn: Turn, schedule: Schedule): void {
  const { record } = schedule;
  const { state, at } = turn;
  const dueAt = record.nextAt ?? at;
  let second: number | null;
  let nextAt: number | null;
  try {
    second = nextAfter(record.times, dueAt, state.calendar);
    nextAt = nextAfter(record.times, at, state.calendar);
  } catch (error) {
    // It could be read when it was put: the calendar of this machine is another one.
    tellOops(turn, record, dueAt, error instanceof Error ? error.message : String(error), "schedule_invalid");
    keep(turn, schedule, { ...record, nextAt: null });
    return;
  }
  const isMissed = at - dueAt > state.settings.missedAfterMs || (second !== null && second <= at);
  const isDue = (!isMissed || record.missed === "once") && !isOverlapping(state, record);
  const lastTask = isDue ? run(turn, record, dueAt) : record.lastTask;
  keep(turn, schedule, { ...record, lastTask, nextAt });
}

function isOverlapping(state: State, { overlap, lastTask }: ScheduleRecord): boolean {
  return overlap === "skip" && lastTask !== null && state.tasks.has(lastTask);
}

/** Returns the id of the task. What cannot be enqueued is told of: nobody waits for an answer. */
function run(turn: Turn, record: ScheduleRecord, dueAt: number): string | null {
  const { queueExpiryMs, ...task } = record.task;
  const request: TaskRequest = {
    ...task,
    id: `${record.id}:${dueAt}`,
    notBefore: null,
    queueExpiresAt: queueExpiryMs === null ? null : turn.at + queueExpiryMs,
  };
  const reply = enqueue(turn, request, record.id);
  if (reply.type !== "refused") return request.id;
  tellOops(turn, record, dueAt, reply.message, reply.code);
  return record.lastTask;
}

function tellOops(turn: Turn, record: ScheduleRecord, dueAt: number, why: string, code: RefusalCode): void {
  const { task } = record;
  const oops: OopsRecord = {
    id: `oops-${record.id}:${dueAt}`,
    type: "ScheduleRefused",
    value: `schedule ${record.id} of ${record.owner} cannot enqueue its task: ${why}`,
    fingerprint: `schedule|${record.id}|${code}`,
    text: null,
    at: turn.at,
    task: null,
    leg: null,
    attempt: null,
    token: null,
    kind: task.kind,
    name: task.name,
    target: task.targets[0] ?? null,
    session: null,
    tentacle: null,
    version: null,
    grantedAt: null,
    startedAt: null,
    consequence: null,
  };
  turn.record({ type: "oops", oops });
}

/** The first of its times after one; `null`: there is none. Throws where a cron expression cannot be read. */
function nextAfter(times: ScheduleTimes, after: number, calendar: Calendar): number | null {
  if (times.type === "cron") return calendar(times.expression, times.timeZone, after);
  const { everyMs, anchorAt } = times;
  return anchorAt + (Math.floor((after - anchorAt) / everyMs) + 1) * everyMs;
}
