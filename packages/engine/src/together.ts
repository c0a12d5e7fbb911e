import type { Assembly } from "./assembly.ts";
import { stepAside, stoppingHold, watchWindows } from "./hold.ts";
import { enterLine, leaveLine, queueExpiry, standInLine } from "./leg.ts";
import { enterOwnQueue } from "./queue.ts";
import { couldEverHaveRoom, hasRoom } from "./room.ts";
import { firstOwnObstacle, type Rule } from "./rules.ts";
import { fullSemaphore } from "./semaphore.ts";
import { isEligible } from "./serving.ts";
import type { Leg, Target, Task } from "./state.ts";
import type { Turn } from "./turn.ts";

/*
 * Tasks that start together. Such a task holds nothing while it waits, and each of its legs has its ordinary place in its
 * line. As places are the same in every line, the task of the first place is at the head wherever it waits, so no two can
 * wait for each other. Only its bypassing legs stand in no line: they would make others wait.
 */

type Assembling = Task & { readonly assembly: Assembly };

/** What becomes of a task that was looked at. */
export type Look = "start" | "aside" | "wait";

/** Looks at a task because the leg at the head of a line is one of its. */
export function lookAt(turn: Turn, task: Assembling, head: Leg): Look {
  const { assembly } = task;
  const obstacle = firstOwnObstacle(turn.state, head, turn.at);
  if (obstacle !== null && obstacle.stopsThe !== "line") return putAside(turn, task, head, obstacle);
  if (assembly.obstacle !== null && isInTheWay(turn, assembly.obstacle)) return "wait";
  return lookAtAll(turn, task);
}

function isInTheWay(turn: Turn, leg: Leg): boolean {
  if (leg.state !== "waiting") return false;
  return isOvertaken(leg) || firstOwnObstacle(turn.state, leg, turn.at)?.stopsThe === "line";
}

/** It is not at the head of its line. */
function isOvertaken(leg: Leg): boolean {
  return leg.line.type === "slot" && leg.line.waiting.first !== leg;
}

function lookAtAll(turn: Turn, task: Assembling): Look {
  const { assembly } = task;
  let blocked: Leg | null = null;
  for (const leg of task.legs) {
    if (leg.state !== "waiting") continue;
    const obstacle = firstOwnObstacle(turn.state, leg, turn.at);
    if (obstacle !== null && obstacle.stopsThe !== "line") return putAside(turn, task, leg, obstacle);
    if (obstacle !== null || isOvertaken(leg)) blocked ??= leg;
  }
  if (!couldEverHaveRoom(task)) return putAside(turn, task, null, null);
  assembly.obstacle = blocked;
  if (blocked === null && hasRoom(firstSlotLeg(task))) return "start";
  if (blocked === null) reserveRoom(task);
  else giveRoomBack(turn, task);
  for (const leg of task.legs) watchWindows(turn, leg);
  return "wait";
}

function firstSlotLeg(task: Task): Leg {
  const leg = task.legs.find((each) => each.mode !== "bypass") ?? task.legs[0];
  if (leg === undefined) throw new Error(`task ${task.id} has no leg`);
  return leg;
}

/**
 * Something has changed that may have made it stuck, or may let it start. Where it can start, its lines say when it is its
 * turn; a task that bypasses every slot stands in none, and may start.
 */
export function lookAgain(turn: Turn, task: Assembling): Look {
  const { assembly } = task;
  if (!assembly.isInLine && assembly.waitsForTarget) enterLines(turn, task);
  if (!assembly.isInLine) return "aside";
  const look = lookAtAll(turn, task);
  if (look !== "start" || task.legs.every((leg) => leg.mode === "bypass")) return look;
  for (const leg of task.legs) turn.pump(leg.line);
  return "wait";
}

/** Puts each leg into its line, and has a look at the task as a whole. */
export function assemble(turn: Turn, task: Assembling): void {
  enterLines(turn, task);
  turn.reconsider(task);
}

/** They are ready at the same time, so the first one's timer is that of all. */
function enterLines(turn: Turn, task: Assembling): void {
  const { assembly } = task;
  assembly.waitsForTarget = false;
  assembly.obstacle = null;
  if (assembly.aside !== null && assembly.aside.aside !== null) return;
  assembly.aside = null;
  assembly.isInLine = true;
  for (const leg of task.legs) {
    if (leg.state !== "waiting" || leg.line.type === "lane" || leg.lineIndex >= 0) continue;
    standInLine(turn, leg);
  }
}

/** Takes all legs out of their lines, where they stop nobody. What put the task aside will put it back. */
function putAside(turn: Turn, task: Assembling, leg: Leg | null, obstacle: Rule | null): Look {
  withdraw(turn, task);
  if (leg === null || obstacle === null || obstacle.stopsThe === "target") {
    task.assembly.waitsForTarget = true;
    return "aside";
  }
  // The end of the last child brings it back.
  if (obstacle.code === "children") return "aside";
  task.assembly.aside = leg;
  const hold = stoppingHold(turn.state, leg, turn.at);
  const semaphore = fullSemaphore(turn.state, leg);
  if (hold !== null) stepAside(leg, hold);
  else if (semaphore !== null) enterOwnQueue(leg, semaphore);
  else throw new Error(`task ${task.id} is put aside for ${obstacle.code}`);
  return "aside";
}

export function withdraw(turn: Turn, task: Assembling): void {
  if (!task.assembly.isInLine) return;
  task.assembly.isInLine = false;
  task.assembly.obstacle = null;
  giveRoomBack(turn, task);
  for (const leg of task.legs) {
    if (leg.state !== "waiting") continue;
    turn.state.timers.set(leg, queueExpiry(leg));
    if (leg.lineIndex < 0) continue;
    leg.line.waiting.remove(leg);
    turn.pump(leg.line);
  }
}

/** The task waits for room only: what becomes free of it is kept, or smaller tasks would take it again and again. */
function reserveRoom(task: Assembling): void {
  for (const leg of task.legs) {
    if (leg.mode === "bypass" || leg.line.type !== "slot") continue;
    for (const session of leg.target.sessions) {
      if (!isEligible(session)) continue;
      session.reservedFor.add(task);
      session.starved.add(leg.line);
      task.assembly.reserved.add(session);
    }
  }
}

function giveRoomBack(turn: Turn, task: Assembling): void {
  const { reserved } = task.assembly;
  for (const session of reserved) {
    session.reservedFor.delete(task);
    for (const slot of session.starved) turn.pump(slot);
    session.starved.clear();
  }
  reserved.clear();
}

/** A session has come or gone at this target, or its quarantine has begun or ended. */
export function lookAgainAt(turn: Turn, target: Target): void {
  if (target.assemblies !== null) for (const task of target.assemblies) turn.reconsider(task);
}

/** Its legs start: from now on each is on its own. */
export function endAssembly(turn: Turn, task: Assembling): void {
  giveRoomBack(turn, task);
  task.assembly.isOver = true;
  task.assembly.isInLine = false;
  task.assembly.obstacle = null;
  forgetAssembly(turn, task);
}

export function forgetAssembly(turn: Turn, task: Task): void {
  turn.state.assemblies.delete(task);
  for (const { target } of task.legs) {
    target.assemblies?.delete(task);
    if (target.assemblies?.size === 0) target.assemblies = null;
  }
}

export function noteAssembly(turn: Turn, task: Task): void {
  turn.state.assemblies.add(task);
  for (const { target, mode } of task.legs) {
    target.assemblies ??= new Set();
    target.assemblies.add(task);
    if (task.assembly !== null && mode === "bypass") task.assembly.bypasses = true;
  }
}

/** All of its grants were given back unused: its legs leave where each of them waits by itself, and start together again. */
export function assembleAgainIfUnbegun(turn: Turn, task: Task): void {
  const { assembly } = task;
  if (assembly === null || !assembly.isOver) return;
  if (task.legs.some((leg) => leg.state !== "waiting" || leg.attempt > 0)) return;
  for (const leg of task.legs) {
    leaveLine(turn, leg);
    turn.pump(leg.line);
  }
  assembly.isOver = false;
  noteAssembly(turn, task);
  for (const leg of task.legs) enterLine(turn, leg);
}
