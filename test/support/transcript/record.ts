// Records as text: complete and stable. What has its usual value is left out: null, an empty list, mutex script, priority normal, step 0.
import type {
  DurationRecord,
  HoldRecord,
  HoldScope,
  LegRecord,
  OopsRecord,
  ParkingRecord,
  QuarantineRecord,
  ScheduleRecord,
  SessionRecord,
  Step,
  TargetPolicy,
  TaskPlan,
  TaskRecord,
  TaskStatus,
} from "@berth/engine";
import { durationText, momentText, startAt } from "./time.ts";
import { duration, list, moment, quoted, setting, tokenText, words } from "./words.ts";

export function taskText(task: TaskRecord): string {
  return words(
    `task ${task.id} ${task.kind} "${task.name}" on ${task.targets.join(",")} order=${task.order}`,
    `queued=${momentText(task.queuedAt)}`,
    workText(task),
    setting("not-before", moment(task.notBefore)),
    setting("expires", moment(task.queueExpiresAt)),
    setting("schedule", task.schedule),
    "is",
    statusText(task.status),
  );
}

function workText(
  task: Pick<TaskRecord, "mutex" | "digest" | "timeoutMs" | "estimateMs" | "cancelGraceMs" | "plan">,
): string {
  return words(
    task.mutex === "script" ? "" : `mutex=${task.mutex}`,
    setting("digest", task.digest === "" ? null : task.digest),
    setting("timeout", duration(task.timeoutMs)),
    setting("estimate", duration(task.estimateMs)),
    setting("grace", duration(task.cancelGraceMs)),
    task.plan === null ? "" : planText(task.plan),
  );
}

function planText(plan: TaskPlan): string {
  const { rollout } = plan;
  return words(
    rollout.type === "together" ? "rollout=together" : setting("window", rollout.window),
    rollout.type === "together" ? "" : setting("failures", rollout.failuresMax),
    setting("semaphores", list(plan.semaphores)),
    setting("parent", plan.parent),
    setting("supersedes", plan.supersedes),
    plan.slotScope === "task" ? "" : `slot-scope=${plan.slotScope}`,
    setting("steps", list(plan.steps.map(stepText))),
    setting("spread", duration(plan.spreadMs)),
  );
}

function stepText({ name, awaitsChildren, onChildFailure }: Step): string {
  if (!awaitsChildren) return name;
  return onChildFailure === "continue" ? `${name}*continue` : `${name}*`;
}

export function statusText(status: TaskStatus): string {
  return words(
    status.state,
    status.priority === "normal" ? "" : `priority=${status.priority}`,
    setting("started", moment(status.startedAt)),
    setting("ended", moment(status.endedAt)),
    status.childrenFailed === 0 ? "" : `children-failed=${status.childrenFailed}`,
  );
}

export function legText(leg: LegRecord): string {
  const { cancel } = leg;
  return words(
    `leg ${leg.id} on ${leg.target} ${leg.mode} is ${leg.state}`,
    leg.step === 0 ? "" : `step=${leg.step}`,
    `attempt=${leg.attempt}`,
    leg.failures === 0 ? "" : `failures=${leg.failures}`,
    setting("token", leg.token === null ? null : tokenText(leg.token)),
    setting("session", leg.session),
    setting("joined", leg.joined),
    setting("ready", moment(leg.readyAt)),
    setting("granted", moment(leg.grantedAt)),
    setting("started", moment(leg.startedAt)),
    setting("ended", moment(leg.endedAt)),
    setting("exit", leg.exitCode),
    setting("reason", quoted(leg.reason)),
    cancel === null
      ? ""
      : `cancel(at=${momentText(cancel.at)} by=${cancel.by} deadline=${momentText(cancel.deadlineAt)} ends-as=${cancel.endsAs} reason="${cancel.reason}")`,
    leg.parking === null ? "" : parkingText(leg.parking),
  );
}

function parkingText(parking: ParkingRecord): string {
  const said = words(
    `for=${parking.for}`,
    setting("versions", list(parking.versions)),
    setting("token", parking.token === null ? null : tokenText(parking.token)),
    `fingerprint="${parking.fingerprint}"`,
  );
  return `parking(${said})`;
}

export function oopsText(oops: OopsRecord): string {
  return words(
    `${oops.id.replace("oops-", "OOPS ")} ${oops.type}: "${oops.value}"`,
    `at=${momentText(oops.at)} ${oops.kind} "${oops.name}"`,
    setting("task", oops.task),
    setting("leg", oops.leg),
    setting("attempt", oops.attempt),
    setting("target", oops.target),
    setting("token", oops.token === null ? null : tokenText(oops.token)),
    setting("session", oops.session),
    setting("tentacle", oops.tentacle),
    setting("version", oops.version),
    setting("granted", moment(oops.grantedAt)),
    setting("started", moment(oops.startedAt)),
    setting("text", quoted(oops.text)),
    setting("fingerprint", quoted(unusualFingerprint(oops))),
    setting("then", oops.consequence),
  );
}

/** Most are made of what the line says anyway. */
function unusualFingerprint({ fingerprint, kind, name, type, value }: OopsRecord): string | null {
  return fingerprint === `${kind}|${name}|${type}|${value}` ? null : fingerprint;
}

export function targetText(target: {
  id: string;
  tags: readonly string[];
  policy: TargetPolicy;
  users: readonly string[];
}): string {
  return words(
    `target ${target.id}`,
    setting("tags", list(target.tags)),
    setting("users", list(target.users)),
    setting("policy", policyText(target.policy)),
  );
}

function policyText(policy: TargetPolicy): string | null {
  return Object.keys(policy).length === 0 ? null : JSON.stringify(policy).replaceAll('"', "");
}

export function sessionText(session: SessionRecord): string {
  return words(
    `session ${session.id} of ${session.tentacle} ${session.version}`,
    `opened=${momentText(session.openedAt)} capacity=${session.capacity}`,
    setting("targets", list(session.targets)),
    setting("user", session.user),
    session.draining ? "draining" : "",
  );
}

export function holdText(hold: HoldRecord): string {
  return words(
    `hold ${hold.id} owner=${hold.owner} reason="${hold.reason}" placed=${momentText(hold.placedAt)}`,
    `from=${momentText(hold.from)}`,
    setting("until", moment(hold.until)),
    setting("longer-than", duration(hold.longerThanMs)),
    scopeText(hold.scope),
  );
}

function scopeText({ kinds, names, targets, tags }: HoldScope): string {
  return words(
    setting("kinds", list(kinds)),
    setting("names", list(names)),
    setting("targets", list(targets)),
    setting("tags", list(tags)),
  );
}

export function quarantineText(quarantine: QuarantineRecord): string {
  return words(
    `quarantine ${quarantine.target}/${quarantine.mutex} leg=${quarantine.leg}`,
    `token=${tokenText(quarantine.token)} session=${quarantine.session} tentacle=${quarantine.tentacle}`,
    `since=${momentText(quarantine.since)}`,
  );
}

export function scheduleText(schedule: ScheduleRecord): string {
  const { times, task } = schedule;
  return words(
    `schedule ${schedule.id} owner=${schedule.owner}`,
    times.type === "every"
      ? `every=${durationText(times.everyMs)}`
      : `cron="${times.expression}" zone=${times.timeZone}`,
    times.type === "every" && times.anchorAt !== startAt ? `anchor=${momentText(times.anchorAt)}` : "",
    `missed=${schedule.missed} overlap=${schedule.overlap}`,
    schedule.paused ? "paused" : "",
    `${task.kind} "${task.name}" on ${task.targets.join(",")}`,
    task.priority === "normal" ? "" : `priority=${task.priority}`,
    workText(task),
    setting("expiry", duration(task.queueExpiryMs)),
    setting("next", moment(schedule.nextAt)),
    setting("last", schedule.lastTask),
  );
}

export function durationRecordText(record: DurationRecord): string {
  return words(
    `duration ${record.kind} "${record.name}" on ${record.target}`,
    record.step === 0 ? "" : `step=${record.step}`,
    `took=${record.seconds.map((seconds) => durationText(seconds * 1_000)).join(",")}`,
  );
}
