import { askForEnd, sendCancel } from "./attempt.ts";
import type { CancelCommand, DiscardCommand, PrioritizeCommand, ReleaseCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { becomeEnded, becomeWaiting, isUnclaimed, leaveLeader, regroupFollowers } from "./leg.ts";
import { precedes } from "./line.ts";
import type { Leg, Task } from "./state.ts";
import { done, refused, type Turn } from "./turn.ts";
import { priorityClasses } from "./words.ts";

/** What has not started ends at once; what runs is asked to end, by a deadline. */
export function cancel(turn: Turn, command: CancelCommand): Reply {
  const task = turn.state.tasks.get(command.task);
  if (task === undefined) return unknownTask(command.task);
  let deadlineAt: number | null = null;
  for (const leg of task.legs) {
    cancelLeg(turn, leg, command);
    if (leg.state === "cancelling" && leg.cancel !== null)
      deadlineAt = Math.max(deadlineAt ?? 0, leg.cancel.deadlineAt);
  }
  return { type: "cancelled", ended: deadlineAt === null, deadlineAt };
}

function cancelLeg(turn: Turn, leg: Leg, command: CancelCommand): void {
  const reason =
    command.reason === "" ? `canceled by ${command.by}` : `canceled by ${command.by}: ${command.reason}`;
  // Nobody can run a delivery that nobody has claimed: a claim after this is answered with drop.
  if (leg.state === "waiting" || leg.state === "parked" || isUnclaimed(leg))
    becomeEnded(turn, leg, "canceled", reason);
  else if (leg.state === "granted" || leg.state === "running")
    askForEnd(turn, leg, command.by, reason, "canceled");
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
  const lined = task.legs.filter((leg) => leg.lineIndex >= 0);
  for (const leg of lined) leg.line.waiting.remove(leg);
  task.priority = command.priority;
  task.rank = priorityClasses.indexOf(command.priority);
  for (const leg of lined) {
    leg.line.waiting.add(leg);
    turn.pump(leg.line);
  }
  for (const leg of task.legs) {
    turn.touch(leg);
    if (leg.joined?.state === "waiting" && precedes(leg, leg.joined)) leaveLeader(turn, leg);
    regroupFollowers(turn, leg);
  }
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
    `task ${id} is ${stateText(task)}; only a parked task can be released or discarded`,
  );
}

function stateText(task: Task): string {
  return task.legs.map((leg) => leg.state).join(", ");
}

function unknownTask(id: string): Reply {
  return refused("task_unknown", `there is no task ${id} that has not ended`);
}
