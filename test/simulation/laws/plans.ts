import type { LegRecord, TaskRecord } from "@berth/engine";
import { isEndState } from "@berth/engine";
import {
  heldOf,
  legsOf,
  limitOf,
  unfinishedOf,
  windowOf,
} from "../../support/laws/decisions/permit-counts.ts";
import { holding, type Law, type Step } from "./evidence.ts";
import { beforeOf, goesOn, grantsIn, liveChildrenOf } from "./passing.ts";

/** A permit is taken only where there is one. Lowering a limit takes nothing away from what runs. */
export const permits: Law = {
  name: "semaphores",
  needsMemory: true,
  onCommit: (step) => {
    const { stored, durable } = step;
    if (durable.isWhole) return [];
    const put = new Set(
      durable.changes.flatMap((change) => {
        if (change.type === "semaphore") return [change.semaphore.id];
        return change.type === "semaphore.removed" ? [change.id] : [];
      }),
    );
    return [...takenIn(step)].flatMap(([name, leg]) => {
      const [held, limit] = [heldOf(stored, name), limitOf(stored, name)];
      if (held <= limit || put.has(name)) return [];
      return [`${leg} was granted, and ${held} hold ${name} of ${limit}`];
    });
  },
};

/** The names of the semaphores of which somebody took a permit, and who it was. */
function takenIn(step: Step): Map<string, string> {
  const { stored } = step;
  const taken = new Map<string, string>();
  /** One that is free is enough for all of a task that starts together: how many there were cannot be seen. */
  const overdrawn = new Set<string>();
  for (const leg of grantsIn(step)) {
    const task = stored.taskOf(leg);
    if (!holding.has(leg.state) || goesOn(step, leg)) continue;
    const lane = `lane.${task.kind}`;
    if (leg.mode === "bypass" && isStartingTogether(step, task, leg)) overdrawn.add(lane);
    else if (leg.mode === "bypass") taken.set(lane, leg.id);
    else if (!heldBefore(step, task)) {
      for (const name of task.plan?.semaphores ?? []) taken.set(name, leg.id);
      if (task.kind !== "health-check") taken.set("task-cap", leg.id);
    }
  }
  for (const lane of overdrawn) taken.delete(lane);
  return taken;
}

function isStartingTogether(step: Step, { plan, targets }: TaskRecord, leg: LegRecord): boolean {
  const isFirst = (beforeOf(step, leg)?.attempt ?? 0) === 0;
  return plan?.rollout.type === "together" && targets.length > 1 && isFirst;
}

function heldBefore(step: Step, task: TaskRecord): boolean {
  return legsOf(step.stored, task).some(
    (leg) => leg.mode !== "bypass" && holding.has(beforeOf(step, leg)?.state ?? "waiting"),
  );
}

/** A rollout never has more unfinished legs than its window, and starts together what has to. */
export const rollouts: Law = {
  name: "rollouts",
  needsMemory: true,
  onCommit: (step) => [...tooWide(step), ...startedApart(step)],
};

function tooWide(step: Step): string[] {
  const { stored } = step;
  return firstGrantsIn(step).flatMap((leg) => {
    const task = stored.taskOf(leg);
    const count = unfinishedOf(stored, task);
    if (count <= windowOf(task)) return [];
    return [`${leg.id} was granted, and ${count} legs are unfinished in a window of ${windowOf(task)}`];
  });
}

function firstGrantsIn(step: Step): LegRecord[] {
  return grantsIn(step).filter((leg) => (beforeOf(step, leg)?.attempt ?? 0) === 0 && leg.attempt > 0);
}

function startedApart(step: Step): string[] {
  const { stored, durable } = step;
  // What a session that ended in the same commit had been granted is back in its line.
  if (durable.changes.some(({ type }) => type === "session.ended")) return [];
  return firstGrantsIn(step).flatMap((leg) => {
    const task = stored.taskOf(leg);
    if (task.plan?.rollout.type !== "together") return [];
    const legs = legsOf(stored, task);
    if (legs.some((each) => (beforeOf(step, each)?.attempt ?? 0) > 0)) return [];
    const left = legs.find(({ state, attempt }) => state === "waiting" && attempt === 0);
    return left === undefined ? [] : [`${leg.id} was granted without ${left.id}, and they start together`];
  });
}

/** Nothing of a step that awaits children is granted while there are any, and nothing is left of a canceled family. */
export const families: Law = {
  name: "parents and children",
  needsMemory: true,
  onCommit: (step) => [...tooEarly(step), ...orphans(step)],
};

function tooEarly(step: Step): string[] {
  const { stored, durable } = step;
  const added = addedIn(step);
  return grantsIn(step).flatMap((leg) => {
    const task = stored.taskOf(leg);
    if (task.plan?.steps[leg.step]?.awaitsChildren !== true || durable.isWhole) return [];
    const child = liveChildrenOf(stored, task.id).find(({ id }) => !added.has(id));
    return child === undefined ? [] : [`${leg.id} was granted, and its child ${child.id} lives`];
  });
}

function addedIn({ durable }: Step): Set<string> {
  return new Set(durable.changes.flatMap((change) => (change.type === "task.added" ? [change.task.id] : [])));
}

function orphans({ stored, durable }: Step): string[] {
  return durable.changes.flatMap((change) => {
    if (change.type !== "task.changed" || change.status.state !== "canceled") return [];
    const parent = stored.tasks.get(change.id);
    const reasons = parent === undefined ? [] : legsOf(stored, parent).map(({ reason }) => reason ?? "");
    if (!reasons.some(isForAll)) return [];
    const left = liveChildrenOf(stored, change.id).filter(
      (child) =>
        // A child may supersede its own parent, and goes on without it.
        !reasons.some((reason) => reason.endsWith(`superseded by ${child.id}`)) &&
        legsOf(stored, child).some(({ state }) => state === "waiting"),
    );
    return left.map(({ id }) => `${change.id} is canceled, and its child ${id} waits`);
  });
}

/** Somebody has canceled it, and meant the whole family. */
function isForAll(reason: string): boolean {
  return /^(canceled|superseded) by |^its parent was canceled/.test(reason);
}

/** What is superseded had never been granted; what has started goes on. */
export const superseding: Law = {
  name: "superseding",
  needsMemory: true,
  onCommit: (step) => {
    const { stored, was } = step;
    return [...was].flatMap(([id, before]) => {
      const leg = stored.legs.get(id);
      if (leg === undefined || before === undefined || isEndState(before.state)) return [];
      if (!isSuperseded(leg) || before.attempt === 0) return [];
      return [`${id} had begun with ${before.token}, and was superseded`];
    });
  },
};

function isSuperseded({ state, reason }: LegRecord): boolean {
  return isEndState(state) && reason?.startsWith("superseded by ") === true;
}

/** With the scope `task`, the slot passes from step to step. It is given up only where nobody could go on at once. */
export const passing: Law = {
  name: "steps",
  needsMemory: true,
  onCommit: (step) => {
    const { stored, was, durable } = step;
    if (durable.changes.some(({ type }) => type === "session.ended" || type === "session")) return [];
    return [...was].flatMap(([id, before]) => {
      const leg = stored.legs.get(id);
      if (leg?.state !== "waiting" || before === undefined || leg.step <= before.step) return [];
      const { plan } = stored.taskOf(leg);
      const session = before.session === null ? undefined : stored.sessions.get(before.session);
      if (plan?.slotScope !== "task" || plan.steps[leg.step]?.awaitsChildren === true) return [];
      if (before.state !== "granted" && before.state !== "running") return [];
      if (session === undefined || session.draining || leg.failures > 0) return [];
      return [`${id} waits for step ${leg.step + 1}, and should have kept its slot`];
    });
  },
};
