// A schedule as its request says it, and as it is kept.
import type { ScheduleRecord, Step } from "@berth/engine";
import {
  BerthError,
  type Payload,
  type ScheduledTaskRequest,
  type ScheduleRequest,
  type ScheduleSpec,
  type ScheduleTimes,
  type ScheduleView,
  type StepRequest,
} from "@berth/protocol";
import { scheduledTaskOf } from "@berth/protocol/identity";
import { isoTime, isoTimeOrNull } from "./view.ts";

/** `existing`: what the schedule says now; `null`: there is none. Throws a `BerthError` for what cannot be had together. */
export function scheduleSpecOf(
  request: ScheduleRequest,
  existing: ScheduleRecord | null,
  now: number,
): ScheduleSpec {
  const { missed, overlap, paused, owner } = request;
  const times = timesOf(request, existing?.times ?? null, now);
  return { times, missed, overlap, paused, owner, task: scheduledTaskOf(request.task) };
}

function timesOf(
  { everyMs, anchor, cron, timeZone }: ScheduleRequest,
  existing: ScheduleRecord["times"] | null,
  now: number,
): ScheduleTimes {
  if (everyMs !== undefined && cron !== undefined)
    throw wrong("cron", "both `everyMs` and `cron`; give one of them");
  if (cron !== undefined) {
    if (anchor !== undefined) throw wrong("anchor", "`anchor`, which belongs to `everyMs`, and `cron`");
    return { type: "cron", expression: cron, timeZone: timeZone ?? "UTC" };
  }
  if (everyMs === undefined)
    throw wrong("everyMs", 'neither `everyMs` nor `cron`; give one, e.g. "30 3 * * 1-5"');
  if (timeZone !== undefined) throw wrong("timeZone", "`timeZone`, which belongs to `cron`, and `everyMs`");
  // The same request again means the same times.
  const isSame = existing?.type === "every" && existing.everyMs === everyMs;
  const anchorAt = anchor === undefined ? (isSame ? existing.anchorAt : now) : Date.parse(anchor);
  // A time before 1970 cannot be sent; a later one of the same schedule can.
  return { type: "every", everyMs, anchorAt: anchorAt >= 0 ? anchorAt : (anchorAt % everyMs) + everyMs };
}

function wrong(path: string, problem: string): BerthError {
  const message = `the schedule has ${problem}`;
  return new BerthError("schedule_invalid", message, { fields: [{ path, message }] });
}

export function scheduleView(record: ScheduleRecord): ScheduleView {
  const { id, times, missed, overlap, paused, owner, nextAt, lastTask } = record;
  const shownTimes =
    times.type === "every"
      ? { everyMs: times.everyMs, anchor: isoTime(times.anchorAt) }
      : { cron: times.expression, timeZone: times.timeZone };
  return {
    name: id,
    ...shownTimes,
    ...{ missed, overlap, paused, owner },
    nextAt: isoTimeOrNull(nextAt),
    lastTask,
    task: taskRequestOf(record),
  };
}

/** What was left out of a request and has no default is left out here, too. */
function taskRequestOf({ task, payload: text }: ScheduleRecord): ScheduledTaskRequest {
  const payload = JSON.parse(text) as Payload;
  const { queueExpiryMs, timeoutMs, estimateMs, cancelGraceMs } = task;
  const [target, ...more] = task.targets;
  return {
    kind: task.kind,
    name: task.name,
    ...(more.length > 0 ? { targets: [...task.targets] } : { target }),
    mutex: task.mutex,
    // Nothing is made with the class `top`: only a waiting task is moved there.
    priority: task.priority === "top" ? "high" : task.priority,
    ...present({ script: payload.script, handler: payload.handler }),
    ...wishesOfPlan(task.plan, payload),
    ...present({ queueExpiryMs, timeoutMs, estimateMs, cancelGraceMs, requestedBy: payload.requestedBy }),
    variables: payload.variables,
    labels: payload.labels,
  };
}

function wishesOfPlan(
  plan: ScheduleRecord["task"]["plan"],
  payload: Payload,
): Partial<
  Pick<ScheduledTaskRequest, "rollout" | "semaphores" | "supersedes" | "spreadMs" | "slotScope" | "steps">
> {
  if (plan === null) return {};
  const { rollout, semaphores, supersedes, spreadMs, slotScope } = plan;
  const steps = plan.steps.map((step, index) => stepRequestOf(step, payload.steps[index]));
  return {
    rollout: rollout.type === "together" ? rollout : { type: "rolling", ...present(rollout) },
    semaphores: [...semaphores],
    ...present({ supersedes, spreadMs }),
    ...(steps.length === 0 ? {} : { slotScope, steps }),
  };
}

function stepRequestOf(
  { name, awaitsChildren, onChildFailure }: Step,
  work: Payload["steps"][number] | undefined,
): StepRequest {
  return { name, awaitsChildren, ...(awaitsChildren ? { onChildFailure } : {}), ...present(work ?? {}) };
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], null> };

/** Leaves out the fields that are `null`: a request has no word for nothing. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<Fields>;
}
