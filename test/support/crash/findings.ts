// Laws 1, 3 and 6 on what scripts wrote down and what the API says at the end.
import type { OopsView, TaskView } from "@berth/protocol";
import { overlaps } from "../laws/exclusion.ts";
import type { ScriptRun } from "./evidence.ts";

/** Law 1, by slot: health checks pass by, all others share or exclude. */
export function slotOverlaps(runs: readonly ScriptRun[]): string[] {
  return overlaps(
    runs
      .filter(({ kind }) => kind !== "health-check")
      .map((run) => ({
        slot: run.mutex,
        mode: run.kind === "deploy" ? "exclusive" : "shared",
        from: run.startedAt,
        until: run.livedUntil,
        label: labelOf(run),
      })),
  );
}

/** No two runs of one task at a time, whatever their mode. */
export function taskOverlaps(runs: readonly ScriptRun[]): string[] {
  return overlaps(
    runs.map((run) => ({
      slot: `task ${run.task}`,
      mode: "exclusive",
      from: run.startedAt,
      until: run.livedUntil,
      label: labelOf(run),
    })),
  );
}

/** A grant is used by one process, and a success is the end of a script that came to its end. */
export function runFindings(runs: readonly ScriptRun[], tasks: readonly TaskView[]): string[] {
  const byToken = Map.groupBy(runs, ({ token }) => token);
  const twice = [...byToken].filter(([, same]) => same.length > 1);
  const unearned = tasks.filter(({ id, state, legs }) => {
    const run = byToken.get(legs[0]?.token ?? "")?.[0];
    return state === "succeeded" && !(run?.ended === true && run.task === id);
  });
  return [
    ...twice.map(([token, same]) => `${same.length} processes ran with token ${token}: ${same.map(labelOf)}`),
    ...unearned.map(({ id }) => `${id} has succeeded, and no script of its last grant came to its end`),
  ];
}

/** Law 6: each attempt but one that succeeded has one OOPS, and nothing else has any. */
export function oopsFindings(
  tasks: readonly TaskView[],
  oops: readonly OopsView[],
  runs: readonly ScriptRun[],
): string[] {
  const counts = new Map<string, number>();
  const count = (key: string, by: number): void => void counts.set(key, (counts.get(key) ?? 0) + by);
  for (const { task, attempt } of oops) count(`${task} attempt ${attempt}`, 1);
  for (const { id, state, legs } of tasks) {
    const failed = (legs[0]?.attempt ?? 0) - (state === "succeeded" ? 1 : 0);
    for (let attempt = 1; attempt <= failed; attempt += 1) count(`${id} attempt ${attempt}`, -1);
  }
  const told = new Set(oops.map(({ task, attempt }) => `${task} ${attempt}`));
  return [
    ...[...counts].filter(([, over]) => over !== 0).map(([key, over]) => `${key}: ${over} OOPS too many`),
    ...runs
      .filter(({ ended, task, attempt }) => !ended && !told.has(`${task} ${attempt}`))
      .map((run) => `${labelOf(run)} was killed, and no OOPS tells of it`),
  ];
}

function labelOf({ task, attempt, token, pid, kind }: ScriptRun): string {
  return `${kind} ${task} attempt ${attempt} (${token}, process ${pid})`;
}
