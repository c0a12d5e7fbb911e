import { isEndState } from "@berth/engine";
import type { InboxItem, Plan, ScheduleSpec, Submission } from "@berth/protocol";
import type { World } from "../world.ts";

type Steps = Plan["steps"];
type Request = (world: World, id: string) => InboxItem | null;

const semaphoreNames = ["db", "net", "licence"];
/** What the space has by itself. */
const reservedNames = ["task-cap", "lane.health-check"];
const keys = ["shop", "mail"];
const scheduleNames = ["s1", "s2"];
const by = "simulation";

/** Some tasks ask for more than the ordinary: several targets, semaphores, parents, steps. */
export function planned(world: World, task: Submission): Submission {
  const { chance } = world;
  if (!chance.happens(0.35)) return task;
  const targets = chance.happens(0.6) ? someTargets(world, task.targets) : task.targets;
  const steps = chance.happens(0.35) ? drawSteps(world) : [];
  const plan = withoutContradiction({
    rollout: drawRollout(world),
    semaphores: chance.happens(0.4) ? chance.some(semaphoreNames, 0.5) : [],
    parent: chance.happens(0.25) ? someParent(world) : null,
    supersedes: chance.happens(0.15) ? chance.pick(keys) : null,
    slotScope: chance.pick(["task", "step"]),
    steps,
    spreadMs: chance.happens(0.1) ? chance.int(1, 2_000) : null,
  });
  const work = { script: task.payload.script, handler: task.payload.handler };
  const payload = steps.length === 0 ? {} : { script: null, handler: null, steps: steps.map(() => work) };
  return { ...task, targets, plan, payload: { ...task.payload, ...payload } };
}

/** Some contradictions are left in, so that they are refused. */
function withoutContradiction(plan: Plan): Plan {
  return plan.rollout.type === "together" && plan.slotScope === "step" && plan.steps.length < 3
    ? { ...plan, slotScope: "task", spreadMs: null }
    : plan;
}

function someTargets({ chance, targets }: World, own: readonly string[]): string[] {
  return targets.filter((target) => own.includes(target) || chance.happens(0.7));
}

function drawRollout({ chance }: World): Plan["rollout"] {
  if (chance.happens(0.4)) return { type: "together" };
  const window = chance.pick([null, 1, 1, 2, 3]);
  return { type: "rolling", window, failuresMax: chance.pick([null, 0, 1]) };
}

function drawSteps({ chance }: World): Steps {
  return Array.from({ length: chance.int(1, 3) }, (_none, index) => ({
    name: `step-${index + 1}`,
    awaitsChildren: chance.happens(index === 0 ? 0.1 : 0.4),
    onChildFailure: chance.pick(["fail", "continue", "continue"]),
  }));
}

/** Rather one that waits for its children than another. */
function someParent({ records, chance }: World): string | null {
  const alive = [...records.tasks.values()].filter(({ task }) => !isEndState(task.status.state));
  const awaiting = alive.filter(({ task }) => task.plan?.steps.some((step) => step.awaitsChildren) === true);
  const parents = awaiting.length > 0 && chance.happens(0.6) ? awaiting : alive;
  return parents.length === 0 ? null : chance.pick(parents).task.id;
}

export const putSemaphore: Request = ({ chance }, id) => ({
  type: "semaphore.put",
  id,
  semaphore: chance.pick([...semaphoreNames, ...reservedNames]),
  limit: chance.pick([null, null, 0, 1, 1, 2, 3]),
});

export const decide: Request = ({ records, chance }, id) => {
  const parked = [...records.tasks.values()].filter(({ task }) => task.status.state === "parked");
  if (parked.length === 0) return null;
  const { task } = chance.pick(parked);
  const result = chance.pick<"succeeded" | "failed">(["succeeded", "failed"]);
  return { type: "decide", id, task: task.id, result, by, reason: "somebody has looked" };
};

/** What a schedule enqueues is a task without a plan, as it is drawn. */
export function putSchedule(world: World, id: string, task: Submission): InboxItem {
  const { chance, scheduler } = world;
  const { id: _id, notBefore: _notBefore, queueExpiresAt: _queueExpiresAt, ...work } = task;
  const everyMs = chance.int(1_000, 3_000);
  const spec: ScheduleSpec = {
    times: { type: "every", everyMs, anchorAt: scheduler.now + chance.int(0, everyMs) },
    missed: chance.pick(["skip", "once"]),
    overlap: chance.pick(["skip", "queue"]),
    paused: chance.happens(0.1),
    owner: by,
    task: { ...work, digest: "", queueExpiryMs: chance.happens(0.5) ? chance.int(200, 4_000) : null },
  };
  return { type: "schedule.put", id, schedule: chance.pick(scheduleNames), spec };
}

export const removeSchedule: Request = ({ records, chance }, id) => {
  const schedules = [...records.items.schedule.keys()];
  return schedules.length === 0 ? null : { type: "schedule.remove", id, schedule: chance.pick(schedules) };
};

/** What makes new tasks, and what could keep some from starting, is taken back. */
export function takeBackPlans({ records }: World): ((id: string) => InboxItem)[] {
  const semaphores = [...records.items.semaphore.keys()].map(
    (semaphore) =>
      (id: string): InboxItem => ({ type: "semaphore.put", id, semaphore, limit: null }),
  );
  const schedules = [...records.items.schedule.keys()].map(
    (schedule) =>
      (id: string): InboxItem => ({ type: "schedule.remove", id, schedule }),
  );
  return [...semaphores, ...schedules];
}
