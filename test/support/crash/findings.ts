// Laws 1, 3 and 6 on what scripts and handlers wrote down and what the API says at the end.
import type { LegView, OopsView, TaskView } from "@berth/protocol";
import { overlaps } from "../laws/exclusion.ts";
import type { ScriptRun } from "./evidence.ts";
import { type Forgotten, isForgotten } from "./forgotten.ts";

const exclusiveKinds: ReadonlySet<string> = new Set(["deploy", "runbook"]);

/** Law 1, by slot: health checks pass by, all others share or exclude. */
export function slotOverlaps(runs: readonly ScriptRun[], forgotten: readonly Forgotten[] = []): string[] {
  return remembered(runs, forgotten, (some) =>
    overlaps(
      some
        .filter(({ kind }) => kind !== "health-check")
        .map((run) => ({
          slot: run.mutex,
          mode: exclusiveKinds.has(run.kind) ? "exclusive" : "shared",
          from: run.startedAt,
          until: run.livedUntil,
          label: labelOf(run),
        })),
    ),
  );
}

/** No two runs of one leg at a time, whatever their mode. */
export function taskOverlaps(runs: readonly ScriptRun[], forgotten: readonly Forgotten[] = []): string[] {
  return remembered(runs, forgotten, (some) =>
    overlaps(
      some.map((run) => ({
        slot: `leg ${run.leg}`,
        mode: "exclusive",
        from: run.startedAt,
        until: run.livedUntil,
        label: labelOf(run),
      })),
    ),
  );
}

/** What began at a time of which nobody knows any more is held against nobody; all others are still compared. */
function remembered(
  runs: readonly ScriptRun[],
  forgotten: readonly Forgotten[],
  find: (some: readonly ScriptRun[]) => string[],
): string[] {
  return find(runs.filter(({ startedAt }) => !isForgotten(forgotten, startedAt)));
}

/** A grant is used by one process, and a success is the end of a script that came to its end. */
export function runFindings(runs: readonly ScriptRun[], tasks: readonly TaskView[]): string[] {
  const byToken = Map.groupBy(runs, ({ token }) => token);
  const twice = [...byToken].filter(([, same]) => same.length > 1);
  const unearned = legsOf(tasks).filter(({ task, leg }) => {
    if (leg.state !== "succeeded" || (leg.joined ?? null) !== null) return false;
    const run = byToken.get(leg.token ?? "")?.[0];
    return !(run?.ended === true && run.leg === leg.id && run.task === task.id);
  });
  return [
    ...twice.map(([token, same]) => `${same.length} processes ran with token ${token}: ${same.map(labelOf)}`),
    ...unearned.map(({ leg }) => `${leg.id} has succeeded, and no script of its last grant came to its end`),
  ];
}

/** Law 6: each attempt that failed has one OOPS, and nothing else has any. */
export function oopsFindings(
  tasks: readonly TaskView[],
  oops: readonly OopsView[],
  runs: readonly ScriptRun[],
  forgotten: readonly Forgotten[] = [],
): string[] {
  const counts = new Map<string, number>();
  for (const { leg, attempt } of oops)
    if (leg !== null) counts.set(`${leg} ${attempt}`, (counts.get(`${leg} ${attempt}`) ?? 0) + 1);
  const legs = legsOf(tasks).filter(({ task }) => !wasForgotten(task, forgotten));
  const known = new Map(legs.map(({ leg }) => [leg.id, leg]));
  return [
    ...legs.flatMap(({ task, leg }) => ofLeg(task, leg, counts)),
    ...[...counts].flatMap(([key, count]) => (count > 1 ? [`${key}: ${count} OOPS of one attempt`] : [])),
    ...runs
      .filter((run) => !isForgotten(forgotten, run.startedAt) && isUntold(run, known, counts))
      .map((run) => `${labelOf(run)} was killed, and no OOPS tells of it`),
  ];
}

function ofLeg(task: TaskView, leg: LegView, counts: ReadonlyMap<string, number>): string[] {
  const findings: string[] = [];
  const has = (attempt: number): boolean => (counts.get(`${leg.id} ${attempt}`) ?? 0) > 0;
  // Only a failure leads to another attempt.
  for (let attempt = 1; attempt < leg.attempt; attempt += 1)
    if (!has(attempt)) findings.push(`attempt ${attempt} of ${leg.id} (${task.kind}) failed without an OOPS`);
  if (mustHaveFailed(leg) && !has(leg.attempt))
    findings.push(`${leg.id} is ${leg.state}, and its last attempt ${leg.attempt} has no OOPS`);
  if (leg.state === "succeeded" && leg.failures === 0 && has(leg.attempt))
    findings.push(`${leg.id} has succeeded without a failure, and its last attempt has an OOPS`);
  for (const key of counts.keys()) {
    const [id, attempt] = key.split(" ");
    if (id === leg.id && Number(attempt) > leg.attempt)
      findings.push(`an OOPS tells of attempt ${attempt} of ${leg.id}, which has had ${leg.attempt}`);
  }
  return findings;
}

/** A script that says no has an exit code; without one the attempt itself has failed. A joined check ran for another. */
function mustHaveFailed({ state, exitCode, attempt, joined }: LegView): boolean {
  if (attempt === 0 || (joined ?? null) !== null) return false;
  if (state === "parked" || state === "unavailable") return true;
  return state === "failed" && exitCode === null;
}

/** It was killed, and neither did anybody ask for that nor does an OOPS tell of it. */
function isUntold(
  run: ScriptRun,
  legs: ReadonlyMap<string, LegView>,
  counts: ReadonlyMap<string, number>,
): boolean {
  const leg = legs.get(run.leg);
  if (run.ended || leg === undefined || counts.has(`${run.leg} ${run.attempt}`)) return false;
  return (leg.cancel ?? null) === null && leg.state !== "canceled";
}

function wasForgotten({ queuedAt, endedAt, legs }: TaskView, forgotten: readonly Forgotten[]): boolean {
  const times = [queuedAt, endedAt, ...legs.flatMap((leg) => [leg.grantedAt, leg.startedAt])];
  return times.some((time) => time != null && isForgotten(forgotten, Date.parse(time)));
}

function legsOf(tasks: readonly TaskView[]): { readonly task: TaskView; readonly leg: LegView }[] {
  return tasks.flatMap((task) => task.legs.map((leg) => ({ task, leg })));
}

function labelOf({ leg, attempt, token, pid, kind }: ScriptRun): string {
  return `${kind} ${leg} attempt ${attempt} (${token}, process ${pid})`;
}
