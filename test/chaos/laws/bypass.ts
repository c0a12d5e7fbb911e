import type { TaskView } from "@berth/protocol";

/** A time in which something was broken, so that nothing can be said of what waited. ms. */
export interface Disturbance {
  readonly from: number;
  readonly until: number;
}

/** An end and the grant that follows it are one decision; so this is far more than enough. */
const toleranceMs = 500;

interface Check {
  readonly id: string;
  readonly target: string;
  readonly queuedAt: number;
  readonly grantedAt: number;
  readonly endedAt: number;
  /** Its first grant is the one that `grantedAt` tells of. */
  readonly isFirst: boolean;
}

/**
 * Law 2: a health check waits for nothing but its lane, which other checks of its target have, whatever holds the slot. One that was
 * tried again has the lane at times that nobody tells, so it counts as having had it all the time.
 */
export function delayedChecks(
  tasks: readonly TaskView[],
  disturbances: readonly Disturbance[],
  now: number,
): string[] {
  const byTarget = Map.groupBy(checksIn(tasks, now), ({ target }) => target);
  return [...byTarget.values()].flatMap((checks) =>
    checks.flatMap((check) => {
      const from = freeSince(check, checks);
      const waitedMs = check.grantedAt - from;
      if (!check.isFirst || waitedMs <= toleranceMs) return [];
      if (disturbances.some((one) => one.from <= check.grantedAt && one.until >= from)) return [];
      return [`${check.id} waited for ${waitedMs} ms on ${check.target} while its lane was free`];
    }),
  );
}

/** When nothing was in its lane any more that had come before it. */
function freeSince(check: Check, checks: readonly Check[]): number {
  const before = checks.filter(
    (other) =>
      other !== check &&
      (other.isFirst ? other.grantedAt <= check.grantedAt : other.queuedAt <= check.grantedAt),
  );
  return Math.max(check.queuedAt, ...before.map(({ endedAt }) => Math.min(endedAt, check.grantedAt)));
}

function checksIn(tasks: readonly TaskView[], now: number): Check[] {
  return tasks
    .filter(({ kind }) => kind === "health-check")
    .flatMap(({ queuedAt, legs }) =>
      legs.map(({ id, target, grantedAt, endedAt, attempt }) => ({
        ...{ id, target, queuedAt: Date.parse(queuedAt), isFirst: attempt === 1 && grantedAt !== null },
        grantedAt: timeOr(grantedAt, now),
        endedAt: timeOr(endedAt, now),
      })),
    );
}

function timeOr(shown: string | null, otherwise: number): number {
  return shown === null ? otherwise : Date.parse(shown);
}
