import { isAssembling } from "./assembly.ts";
import type { DeliverEffect } from "./decision.ts";
import { stepAside, stoppingHold, watchWindows } from "./hold.ts";
import { becomeGranted, enterLine, queueExpiry } from "./leg.ts";
import { callFirst, enterQueue, nextCalls } from "./queue.ts";
import { firstObstacle, type Rule } from "./rules.ts";
import { fullSemaphore, isFull, type Semaphore, semaphoresOf } from "./semaphore.ts";
import { eligibleCount, isEligible, roomiestSession } from "./serving.ts";
import type { Leg, Line, Session, Slot, Task } from "./state.ts";
import { endAssembly, lookAgain, lookAt } from "./together.ts";
import type { Turn } from "./turn.ts";

/** Grants whatever can start now where something happened, in the order of the places. */
export function grantWhatCanStart(turn: Turn): void {
  const { agenda } = turn;
  for (;;) {
    for (let task = agenda.takeTask(); task !== null; task = agenda.takeTask()) {
      if (isAssembling(task) && lookAgain(turn, task) === "start") agenda.addStart(task);
    }
    const next = agenda.take();
    if (next === null) return;
    if (next.type === "start") {
      const { task } = next;
      if (isAssembling(task) && lookAgain(turn, task) === "start") startTogether(turn, task);
    } else if (next.type === "semaphore") offerPermit(turn, next);
    else lookAtHead(turn, next);
  }
}

/** Calls the first of those that wait for a permit back into its line. What it does not use goes to the next one. */
function offerPermit(turn: Turn, semaphore: Semaphore): void {
  const queue = semaphore.queues.first;
  if (queue === undefined || isFull(semaphore)) return;
  enterLine(turn, callFirst(queue));
  // By now it may wait for its children: then it is not in its line, and the next one is called.
  turn.pump(queue.line);
  turn.pumpSemaphore(semaphore);
}

/** Only the head of a line is looked at: it can start, or it steps aside, or nothing behind it can start either. */
function lookAtHead(turn: Turn, line: Line): void {
  if (line.type === "slot") {
    unbar(turn, line);
    if (isHeldAlone(line)) return;
  }
  const called = nextCalls(line);
  for (const leg of called) enterLine(turn, leg);
  if (called.length > 0) {
    turn.pump(line);
    return;
  }
  const leg = line.waiting.first;
  if (leg === undefined) return;
  if (isAssembling(leg.task)) {
    const look = lookAt(turn, leg.task, leg);
    if (look === "start") startTogether(turn, leg.task);
    else if (look === "wait" && line.type === "slot") bar(turn, line, leg);
    return;
  }
  const obstacle = firstObstacle(turn.state, leg, turn.at);
  if (obstacle === null) grant(turn, leg);
  else if (obstacle.stopsThe === "leg") putAside(turn, leg, obstacle);
  else {
    wait(turn, line, leg, obstacle);
    return;
  }
  turn.pump(line);
}

function grant(turn: Turn, leg: Leg): void {
  becomeGranted(turn, leg, sessionFor(leg));
  turn.send(delivery(leg));
}

function startTogether(turn: Turn, task: Task): void {
  if (isAssembling(task)) endAssembly(turn, task);
  for (const leg of task.legs) {
    if (leg.state !== "waiting") continue;
    grant(turn, leg);
    turn.pump(leg.line);
  }
}

/** Where several sessions serve a target, the broker decides who gets a delivery: then whoever has it must claim it. */
function sessionFor(leg: Leg): Session | null {
  return eligibleCount(leg.target) > 1 ? null : roomiestSession(leg.target);
}

export function delivery(leg: Leg): DeliverEffect {
  if (leg.token === null) throw new Error(`leg ${leg.id} is delivered without a token`);
  return {
    type: "deliver",
    target: leg.target.id,
    task: leg.task.id,
    leg: leg.id,
    kind: leg.task.kind,
    name: leg.task.name,
    mode: leg.mode,
    attempt: leg.attempt,
    token: leg.token,
    step: leg.task.plan === null || leg.task.plan.steps.length === 0 ? null : leg.step,
    session: leg.session?.id ?? null,
    timeoutMs: leg.task.timeoutMs,
  };
}

/** A stuck leg leaves its line, until what it is stuck for lets it back. (Too early or joined ones are never in line.) */
function putAside(turn: Turn, leg: Leg, obstacle: Rule): void {
  const { state } = turn;
  leg.line.waiting.remove(leg);
  state.timers.set(leg, queueExpiry(leg));
  const hold = stoppingHold(state, leg, turn.at);
  const semaphore = obstacle.code === "rollout-full" ? leg.task.window : fullSemaphore(state, leg);
  // The end of the last child brings it back.
  if (obstacle.code === "children") return;
  if (hold !== null) stepAside(leg, hold);
  else if (semaphore !== null) enterQueue(leg, semaphore);
  else throw new Error(`leg ${leg.id} is put aside for ${obstacle.code}`);
}

/** Notes who has to look here again, where that is not whoever holds the slot. */
function wait(turn: Turn, line: Line, leg: Leg, obstacle: Rule): void {
  if (line.type !== "slot") return;
  if (obstacle.code === "slot-taken" && isShared(line)) bar(turn, line, leg);
  if (obstacle.code === "at-capacity") {
    for (const session of leg.target.sessions) if (isEligible(session)) session.starved.add(line);
    // Behind it may be one for which room is to be kept.
    if (leg.target.assemblies !== null) bar(turn, line, leg);
  }
}

/**
 * Whoever is at the head, nothing can start while an exclusive holder is there; what is stuck may step aside as well when that
 * has ended. Of a long backlog the head is in no cache, so not to look at it is worth more than it seems.
 */
function isHeldAlone({ holders, queues, target }: Slot): boolean {
  if (holders.size !== 1 || queues !== null || target.assemblies !== null) return false;
  for (const holder of holders) return holder.mode === "exclusive";
  return false;
}

/** An exclusive leg waits for shared holders, which later shared legs could join. */
function isShared(slot: Slot): boolean {
  for (const holder of slot.holders) return holder.mode === "shared";
  return false;
}

/** The leg keeps later ones from starting, so whatever makes it stuck has to be looked at. */
function bar(turn: Turn, slot: Slot, leg: Leg): void {
  const semaphores = semaphoresOf(turn.state, leg);
  if (leg.task.window !== null) semaphores.push(leg.task.window);
  if (leg.task.assembly?.bypasses) semaphores.push(turn.state.spaceSemaphores.lanes[leg.task.kind]);
  slot.bar = { leg, semaphores };
  turn.state.barredSlots.add(slot);
  for (const semaphore of semaphores) semaphore.barring.add(slot);
  if (turn.state.holds.size > 0) watchWindows(turn, leg);
}

function unbar(turn: Turn, slot: Slot): void {
  if (slot.bar === null) return;
  for (const semaphore of slot.bar.semaphores) semaphore.barring.delete(slot);
  slot.bar = null;
  turn.state.barredSlots.delete(slot);
}
