import { newAssembly } from "./assembly.ts";
import type { SubmitCommand, TaskRequest } from "./command.ts";
import { contradictionIn } from "./contradiction.ts";
import type { Reply } from "./decision.ts";
import { addChild, expectChild } from "./family.ts";
import { isJoinable } from "./followers.ts";
import { enterLine } from "./leg.ts";
import { precedes } from "./line.ts";
import { modeOf } from "./policy.ts";
import { namedSemaphores, newSemaphore, type Semaphore } from "./semaphore.ts";
import { type Leg, laneOf, type State, slotOf, type Tally, type Target, type Task } from "./state.ts";
import { supersede } from "./supersede.ts";
import { noteAssembly } from "./together.ts";
import { refused, type Turn } from "./turn.ts";
import { type Mode, priorityClasses } from "./words.ts";

/** Takes a task in. The same task again is answered as the first time, so that a sender can repeat itself. */
export function submit(turn: Turn, command: SubmitCommand): Reply {
  const wish = command.task;
  const known = turn.state.tasks.get(wish.id) ?? turn.endedTask(wish.id) ?? command.ended;
  if (known !== null && known !== undefined) return repeated(wish, known.digest);
  return enqueue(turn, wish, null);
}

function repeated(wish: TaskRequest, digest: string): Reply {
  if (digest === wish.digest) return { type: "submitted", task: wish.id, existing: true, joined: null };
  return refused(
    "idempotency_conflict",
    `task ${wish.id} was enqueued before with other content; use a new idempotency key for a new task`,
  );
}

/** A new task. `schedule`: what has enqueued it. */
export function enqueue(turn: Turn, wish: TaskRequest, schedule: string | null): Reply {
  const { state } = turn;
  const placed = placesOf(state, wish);
  if (!Array.isArray(placed)) return placed;
  const contradiction = contradictionIn(state, wish, placed);
  if (contradiction !== null) return contradiction;

  state.orderCounter += 1;
  const task = newTask({ ...wish, schedule }, state.orderCounter, turn.at);
  for (const { target, mode } of placed) {
    const leg = newLeg(task, target, mode);
    leg.readyAt = readyAt(wish, target, turn.at);
  }
  admit(turn, task);
  return { type: "submitted", task: task.id, existing: false, joined: task.legs[0]?.joined?.id ?? null };
}

interface Place {
  readonly target: Target;
  readonly mode: Mode;
}

function placesOf(state: State, wish: TaskRequest): Place[] | Reply {
  const places: Place[] = [];
  const names = wish.targets.length > 1 ? new Set<string>() : null;
  for (const name of wish.targets) {
    if (names?.has(name))
      return refused("target_repeated", `the task names target "${name}" twice; once is enough`);
    names?.add(name);
    const target = state.targets.get(name);
    if (target === undefined) {
      return refused("target_unknown", `there is no target "${name}"; create it first, or check its name`);
    }
    const decision = modeOf(wish.kind, target.policy, wish.variables);
    if ("refused" in decision) return refused("mode_not_allowed", decision.refused);
    places.push({ target, mode: decision.mode });
  }
  if (places.length > 0) return places;
  return refused("target_unknown", "the task names no target; expected at least one");
}

function readyAt(wish: TaskRequest, target: Target, now: number): number | null {
  const first = Math.max(wish.notBefore ?? now, now);
  const spreadMs = wish.plan?.spreadMs ?? null;
  const at = spreadMs === null ? first : first + (hashOf(target.id) % spreadMs);
  return at > now ? at : null;
}

/** FNV-1a, 32 bits: spreads names evenly, and always the same way. http://www.isthe.com/chongo/tech/comp/fnv */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function admit(turn: Turn, task: Task): void {
  const { state } = turn;
  // First of all: a line that what it supersedes was the last one in must not be forgotten.
  for (const leg of task.legs) {
    leg.target.taskCount += 1;
    leg.line.legCount += 1;
  }
  const parent = parentOf(state, task);
  if (parent !== undefined) expectChild(parent);
  if (task.plan !== null) {
    for (const semaphore of namedSemaphores(state, task)) semaphore.taskCount += 1;
    if (task.plan.supersedes !== null) supersede(turn, task, task.plan.supersedes);
  }
  state.tasks.set(task.id, task);
  for (const leg of task.legs) joinIfEqualWaits(leg);
  turn.addTask(task);
  // It may itself have been superseded by its child.
  if (parent !== undefined && parent.endedAt === null) addChild(turn, parent, task);
  if (task.assembly !== null) noteAssembly(turn, task);
  for (const leg of task.legs) enterLine(turn, leg);
}

function parentOf(state: State, { plan }: Task): Task | undefined {
  return plan === null || plan.parent === null ? undefined : state.tasks.get(plan.parent);
}

function joinIfEqualWaits(leg: Leg): void {
  if (leg.readyAt !== null || leg.line.type !== "lane" || !isJoinable(leg)) return;
  const leader = leg.line.joinable.get(leg.task.digest);
  if (leader !== undefined && precedes(leader, leg)) join(leg, leader);
}

/** An equal check waits ahead of it: its run, which has yet to begin, answers for this one too. */
function join(leg: Leg, leader: Leg): void {
  leg.joined = leader;
  leader.followers ??= [];
  leader.followers.push(leg);
}

type TaskWish = Omit<TaskRequest, "variables"> & { readonly schedule: string | null };

export function newTask(wish: TaskWish, order: number, at: number): Task {
  return {
    id: wish.id,
    kind: wish.kind,
    name: wish.name,
    mutex: wish.mutex,
    digest: wish.digest,
    order,
    priority: wish.priority,
    rank: priorityClasses.indexOf(wish.priority),
    queuedAt: at,
    notBefore: wish.notBefore,
    queueExpiresAt: wish.queueExpiresAt,
    timeoutMs: wish.timeoutMs,
    estimateMs: wish.estimateMs,
    cancelGraceMs: wish.cancelGraceMs,
    plan: wish.plan,
    schedule: wish.schedule,
    startedAt: null,
    endedAt: null,
    legs: noLegs,
    tally: wish.targets.length > 1 ? newTally() : null,
    grantCount: 0,
    queued: null,
    window: windowOf(wish),
    assembly: wish.plan?.rollout.type === "together" && wish.targets.length > 1 ? newAssembly() : null,
    family: null,
  };
}

const noLegs: Leg[] = [];

function windowOf({ plan, targets }: TaskWish): Semaphore | null {
  if (plan?.rollout.type !== "rolling" || plan.rollout.window === null || targets.length === 1) return null;
  return newSemaphore(null, plan.rollout.window);
}

function newTally(): Tally {
  return {
    waiting: 0,
    granted: 0,
    running: 0,
    cancelling: 0,
    parked: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    "timed-out": 0,
    unavailable: 0,
  };
}

/** Every field by name, since nearly all that is made under load is legs, and copying them from a model costs more. */
export function newLeg(task: Task, target: Target, mode: Mode): Leg {
  const leg: Leg = {
    timed: "leg",
    timerAt: 0,
    timerIndex: -1,
    timerEnds: false,
    timerOrder: 0,
    id: `${task.id}.${task.legs.length + 1}`,
    number: task.legs.length + 1,
    task,
    target,
    mode,
    line: mode === "bypass" ? laneOf(target, task.kind) : slotOf(target, task.mutex),
    state: "waiting",
    attempt: 0,
    failures: 0,
    token: null,
    session: null,
    readyAt: null,
    grantedAt: null,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    reason: null,
    cancel: null,
    step: 0,
    parking: null,
    lineIndex: -1,
    aside: null,
    joined: null,
    answeredBy: null,
    followers: null,
  };
  // An array that grows from nothing takes room for many, and nearly all tasks have one leg.
  if (task.legs.length === 0) task.legs = [leg];
  else task.legs.push(leg);
  if (task.tally !== null) task.tally.waiting += 1;
  return leg;
}
