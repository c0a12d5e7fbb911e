import { isAssembling } from "./assembly.ts";
import { askForEnd, sendCancel } from "./attempt.ts";
import type {
  CancelCommand,
  DecideCommand,
  DiscardCommand,
  PrioritizeCommand,
  ReleaseCommand,
} from "./command.ts";
import type { Reply } from "./decision.ts";
import { withDescendants } from "./family.ts";
import { leaveLeader, regroupFollowers } from "./followers.ts";
import { becomeEnded, becomeWaiting, enterLine, isUnclaimed } from "./leg.ts";
import { precedes } from "./line.ts";
import { callAgain, leaveQueue } from "./queue.ts";
import type { Leg, Task } from "./state.ts";
import { withdraw } from "./together.ts";
import { done, refused, type Turn } from "./turn.ts";
import { priorityClasses } from "./words.ts";

/** What has not started ends at once; what runs is asked to end, by a deadline. */
export function cancel(turn: Turn, command: CancelCommand): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined) return unknownTask(command.task);
  const reason =
    command.reason === "" ? `canceled by ${command.by}` : `canceled by ${command.by}: ${command.reason}`;
  const deadlineAt = cancelTask(turn, task, command.by, reason);
  return { type: "cancelled", ended: deadlineAt === null, deadlineAt };
}

/** With all its descendants. Returns when the last of its own legs must have ended; `null`: they have. */
export function cancelTask(turn: Turn, task: Task, by: string, reason: string): number | null {
  let deadlineAt: number | null = null;
  for (const each of withDescendants(task)) {
    const why = each === task ? reason : `its parent was canceled: ${reason}`;
    for (const leg of each.legs) {
      cancelLeg(turn, leg, by, why);
      if (each === task && leg.state === "cancelling" && leg.cancel !== null)
        deadlineAt = Math.max(deadlineAt ?? 0, leg.cancel.deadlineAt);
    }
  }
  return deadlineAt;
}

function cancelLeg(turn: Turn, leg: Leg, by: string, reason: string): void {
  // Nobody can run a delivery that nobody has claimed: a claim after this is answered with drop.
  if (leg.state === "waiting" || leg.state === "parked" || isUnclaimed(leg))
    becomeEnded(turn, leg, "canceled", reason);
  else if (leg.state === "granted" || leg.state === "running") askForEnd(turn, leg, by, reason, "canceled");
  else if (leg.state === "cancelling") sendCancel(turn, leg);
}

/** Moves waiting legs in their lines. A parked task keeps the new class for when it is released. */
export function prioritize(turn: Turn, command: PrioritizeCommand): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined) return unknownTask(command.task);
  if (!task.legs.some((leg) => leg.state === "waiting" || leg.state === "parked")) {
    return refused(
      "task_not_waiting",
      `task ${task.id} is ${task.legs[0]?.state}; only a task that waits can be moved`,
    );
  }
  // Of a task that starts together, the bypassing legs stand in no line, and assemble again with the others.
  const assembles = isAssembling(task) && task.assembly.isInLine;
  const moved = task.legs.filter((leg) => leg.lineIndex >= 0 || (assembles && leg.state === "waiting"));
  if (isAssembling(task)) withdraw(turn, task);
  for (const leg of moved) {
    if (leg.aside?.type === "queue") leaveQueue(leg, leg.aside);
    else if (leg.lineIndex >= 0) leg.line.waiting.remove(leg);
  }
  task.priority = command.priority;
  task.rank = priorityClasses.indexOf(command.priority);
  for (const leg of moved) {
    callAgain(leg.line);
    enterLine(turn, leg);
  }
  for (const leg of task.legs) {
    turn.touch(leg);
    if (leg.joined?.state === "waiting" && precedes(leg, leg.joined)) leaveLeader(turn, leg);
    regroupFollowers(turn, leg);
  }
  return done;
}

/** A person has found out how a parked task ended. */
export function decide(turn: Turn, command: DecideCommand): Reply {
  const parked = parkedLegs(turn, command.task);
  if (!Array.isArray(parked)) return parked;
  const reason = `${command.by} says that it ${command.result}: ${command.reason}`;
  for (const leg of parked) becomeEnded(turn, leg, command.result, reason);
  return done;
}

export function release(turn: Turn, command: ReleaseCommand): Reply {
  const parked = parkedLegs(turn, command.task);
  if (!Array.isArray(parked)) return parked;
  for (const leg of parked) {
    leg.failures = 0;
    becomeWaiting(turn, leg, null, `released by ${command.by}`);
  }
  return done;
}

export function discard(turn: Turn, command: DiscardCommand): Reply {
  const parked = parkedLegs(turn, command.task);
  if (!Array.isArray(parked)) return parked;
  const reason =
    command.reason === "" ? `discarded by ${command.by}` : `discarded by ${command.by}: ${command.reason}`;
  for (const leg of parked) becomeEnded(turn, leg, "canceled", reason);
  return done;
}

function parkedLegs(turn: Turn, id: string): Leg[] | Reply {
  const task = turn.state.tasks.get(id);
  if (task === undefined) return unknownTask(id);
  const parked = task.legs.filter((leg) => leg.state === "parked");
  if (parked.length > 0) return parked;
  return refused(
    "task_not_parked",
    `task ${id} is ${stateText(task)}; only a parked task can be released, discarded or decided`,
  );
}

function stateText(task: Task): string {
  return task.legs.map((leg) => leg.state).join(", ");
}

function unknownTask(id: string): Reply {
  return refused("task_unknown", `there is no task ${id} that has not ended`);
}
