// How tasks come in.
import type { Mode, SubmitCommand, TaskRequest } from "@berth/engine";
import { cancelTask } from "./control.ts";
import { modeOf } from "./policy.ts";
import { type Answer, type Refusal, refused } from "./reply.ts";
import {
  byPlace,
  childrenOf,
  lineOf,
  liveTask,
  precedes,
  type RefLeg,
  type RefTask,
  type World,
  waitingLegs,
} from "./world.ts";

export function submit(world: World, { task: wish, ended }: SubmitCommand): Answer {
  const known = world.tasks.find(({ id }) => id === wish.id) ?? ended;
  if (known === null) return enqueue(world, wish, null);
  if (known.digest !== wish.digest) return refused("idempotency_conflict");
  return { type: "submitted", task: wish.id, existing: true, joined: null };
}

export function enqueue(
  world: World,
  wish: TaskRequest,
  schedule: string | null,
  asOf: number = world.at,
): Answer {
  const problem = problemOf(world, wish);
  if (problem !== null) return problem;
  world.orders += 1;
  const { variables: _, targets: __, ...rest } = wish;
  const task: RefTask = {
    ...rest,
    order: world.orders,
    queuedAt: world.at,
    schedule,
    startedAt: null,
    childrenFailed: 0,
    legs: [],
  };
  for (const target of wish.targets) task.legs.push(newLeg(world, task, target, modeAt(world, wish, target)));
  if (wish.plan !== null && wish.plan.supersedes !== null) supersede(world, task, wish.plan.supersedes);
  for (const leg of task.legs) leg.joined = equalOf(world, leg, asOf);
  world.tasks.push(task);
  return { type: "submitted", task: task.id, existing: false, joined: task.legs[0]?.joined?.id ?? null };
}

function modeAt(world: World, wish: TaskRequest, target: string): Mode | null {
  const policy = world.targets.find(({ id }) => id === target)?.policy ?? {};
  return modeOf(wish.kind, policy, wish.variables);
}

function newLeg(world: World, task: RefTask, target: string, mode: Mode | null): RefLeg {
  const number = task.legs.length + 1;
  const id = `${task.id}.${number}`;
  const first = Math.max(task.notBefore ?? 0, world.at);
  const spreadMs = task.plan?.spreadMs ?? null;
  const at = spreadMs === null ? first : world.chance.readyAt(id, first, first + spreadMs - 1);
  return {
    ...{ id, number, task, target, mode: mode ?? "exclusive", state: "waiting" },
    ...{ attempt: 0, failures: 0, token: null, session: null, startedAt: null, exitCode: null },
    ...{ readyAt: at > world.at ? at : null, cancel: null, joined: null, step: 0, parking: null },
  };
}

function problemOf(world: World, wish: TaskRequest): Refusal | null {
  for (const [index, target] of wish.targets.entries()) {
    if (wish.targets.indexOf(target) < index) return refused("target_repeated");
    if (!world.targets.some(({ id }) => id === target)) return refused("target_unknown");
    if (modeAt(world, wish, target) === null) return refused("mode_not_allowed");
  }
  if (wish.targets.length === 0) return refused("target_unknown");
  const { plan } = wish;
  if (plan === null) return null;
  const isTogether = plan.rollout.type === "together";
  if (isTogether && (plan.slotScope === "step" || plan.spreadMs !== null))
    return refused("plan_contradictory");
  const isReserved = plan.semaphores.some((name) => name === "task-cap" || name.startsWith("lane."));
  const bypasses = wish.targets.every((target) => modeAt(world, wish, target) === "bypass");
  if (isReserved || (plan.semaphores.length > 0 && bypasses)) return refused("semaphore_not_allowed");
  if (plan.parent === null) return null;
  const parent = liveTask(world, plan.parent);
  if (parent === undefined) return refused("parent_unknown");
  const isEnding = parent.legs.some(
    ({ state, cancel }) => state === "cancelling" && cancel?.endsAs === "canceled",
  );
  return isEnding ? refused("parent_is_ending") : null;
}

/** Older tasks of the key that were never granted are canceled; it takes the place of the first, if that is not worse. */
function supersede(world: World, task: RefTask, key: string): void {
  const older = world.tasks.filter(
    (each) =>
      each.plan?.supersedes === key &&
      each.legs.every(({ state, attempt }) => state === "waiting" && attempt === 0),
  );
  const first = older.flatMap(({ legs }) => legs).sort(byPlace)[0]?.task;
  if (first !== undefined) {
    const own = { priority: task.priority, order: task.order };
    Object.assign(task, { priority: first.priority, order: first.order });
    const isWorse = byPlace(headOf(task), headOf({ ...task, ...own })) > 0;
    if (isWorse) Object.assign(task, own);
  }
  for (const each of older) cancelTask(world, each);
}

function headOf(task: RefTask): RefLeg {
  return { task, number: 0 } as RefLeg;
}

/** The equal check that waits ahead of it, and whose run will answer for this one, too; `null`: none does. */
function equalOf(world: World, leg: RefLeg, asOf: number): RefLeg | null {
  if (!mayJoin(leg) || leg.readyAt !== null) return null;
  const equal = waitingLegs(world)
    .filter((each) => mayJoin(each) && each.joined === null && each.step === 0)
    .filter((each) => lineOf(each) === lineOf(leg) && each.task.digest === leg.task.digest)
    .filter((each) => precedes(each, leg) && (each.readyAt === null || each.readyAt <= asOf))
    .filter(
      ({ task }) => task.plan?.steps[0]?.awaitsChildren !== true || childrenOf(world, task).length === 0,
    );
  return equal.length === 0 ? null : world.chance.leader(leg, equal);
}

function mayJoin({ mode, task }: RefLeg): boolean {
  const isTogether = task.plan?.rollout.type === "together" && task.legs.length > 1;
  return task.kind === "health-check" && mode === "bypass" && task.digest !== "" && !isTogether;
}
