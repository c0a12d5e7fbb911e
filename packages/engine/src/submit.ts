import type { SubmitCommand, TaskRequest } from "./command.ts";
import type { Reply } from "./decision.ts";
import { enterLine, isJoinable } from "./leg.ts";
import { precedes } from "./line.ts";
import { modeOf } from "./policy.ts";
import { type Leg, laneOf, slotOf, type Target, type Task } from "./state.ts";
import { refused, type Turn } from "./turn.ts";
import { type Mode, priorityClasses } from "./words.ts";

/** Takes a task in. The same task again is answered as the first time, so that a sender can repeat itself. */
export function submit(turn: Turn, command: SubmitCommand): Reply {
  const { state } = turn;
  const wish = command.task;
  const known = state.tasks.get(wish.id) ?? turn.endedTask(wish.id) ?? command.ended;
  if (known !== null && known !== undefined) return repeated(wish, known.digest);

  const [name, ...more] = wish.targets;
  if (name === undefined || more.length > 0) {
    return refused(
      "several_targets_unsupported",
      `the task names ${wish.targets.length} targets; expected one`,
    );
  }
  const target = state.targets.get(name);
  if (target === undefined) {
    return refused("target_unknown", `there is no target "${name}"; create it first, or check its name`);
  }
  const decision = modeOf(wish.kind, target.policy, wish.variables);
  if ("refused" in decision) return refused("mode_not_allowed", decision.refused);

  state.orderCounter += 1;
  const task = newTask(wish, state.orderCounter, turn.at);
  const leg = newLeg(task, target, decision.mode);
  leg.readyAt = wish.notBefore !== null && wish.notBefore > turn.at ? wish.notBefore : null;
  admit(turn, task, leg);
  return { type: "submitted", task: task.id, existing: false, joined: leg.joined?.id ?? null };
}

function repeated(wish: TaskRequest, digest: string): Reply {
  if (digest === wish.digest) return { type: "submitted", task: wish.id, existing: true, joined: null };
  return refused(
    "idempotency_conflict",
    `task ${wish.id} was enqueued before with other content; use a new idempotency key for a new task`,
  );
}

function admit(turn: Turn, task: Task, leg: Leg): void {
  const { state } = turn;
  state.tasks.set(task.id, task);
  leg.target.legCount += 1;
  leg.line.legCount += 1;
  if (leg.readyAt === null && leg.line.type === "lane" && isJoinable(leg)) {
    const leader = leg.line.joinable.get(task.digest);
    if (leader !== undefined && precedes(leader, leg)) join(leg, leader);
  }
  turn.addTask(task);
  enterLine(turn, leg);
}

/** An equal check waits ahead of it: its run, which has yet to begin, answers for this one too. */
function join(leg: Leg, leader: Leg): void {
  leg.joined = leader;
  leader.followers ??= [];
  leader.followers.push(leg);
}

type TaskWish = Omit<TaskRequest, "targets" | "variables">;

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
    startedAt: null,
    endedAt: null,
    legs: [],
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
    lineIndex: -1,
    heldBy: null,
    joined: null,
    followers: null,
  };
  task.legs.push(leg);
  return leg;
}
