import { LegHeap } from "./line.ts";
import { isFull, type Semaphore, type SemaphoreQueue } from "./semaphore.ts";
import type { Leg, Line } from "./state.ts";

/** Puts a leg aside that is at the head of its line: it waits for a permit and bars nobody meanwhile. */
export function enterQueue(leg: Leg, semaphore: Semaphore): void {
  const queue = queueOf(leg.line, semaphore);
  leaveHeap(queue);
  // The leg may go before the one that was called, which has its place in the line by itself.
  queue.called = null;
  queue.legs.add(leg);
  leg.aside = queue;
  semaphore.queues.add(queue);
  noteQueued(leg, semaphore);
}

/**
 * For a task that starts together: as its other legs stand in other lines, it is called whoever is before it in this one. So it
 * has a queue of its own.
 */
export function enterOwnQueue(leg: Leg, semaphore: Semaphore): void {
  const queue = newQueue(leg.line, semaphore);
  queue.legs.add(leg);
  leg.aside = queue;
  semaphore.queues.add(queue);
  noteQueued(leg, semaphore);
}

/** With the first grant of its task the leg has its permits, without being called. */
function noteQueued(leg: Leg, semaphore: Semaphore): void {
  const { task } = leg;
  if (task.tally === null || semaphore.name === null || leg.mode === "bypass") return;
  task.queued ??= new Set();
  task.queued.add(leg);
}

function noteNotQueued(leg: Leg): void {
  const { task } = leg;
  leg.aside = null;
  if (task.queued?.delete(leg) && task.queued.size === 0) task.queued = null;
}

function queueOf(line: Line, semaphore: Semaphore): SemaphoreQueue {
  line.queues ??= new Map();
  let queue = line.queues.get(semaphore);
  if (queue === undefined) {
    queue = newQueue(line, semaphore);
    line.queues.set(semaphore, queue);
  }
  return queue;
}

function newQueue(line: Line, semaphore: Semaphore): SemaphoreQueue {
  return { type: "queue", semaphore, line, legs: new LegHeap(), called: null, index: -1 };
}

export function leaveQueue(leg: Leg, queue: SemaphoreQueue): void {
  const wasOffered = queue.index >= 0;
  leaveHeap(queue);
  queue.legs.remove(leg);
  noteNotQueued(leg);
  if (queue.legs.size === 0) forgetIfEmpty(queue);
  else if (wasOffered) queue.semaphore.queues.add(queue);
}

function leaveHeap(queue: SemaphoreQueue): void {
  if (queue.index >= 0) queue.semaphore.queues.remove(queue);
}

function forgetIfEmpty(queue: SemaphoreQueue): void {
  const { line } = queue;
  if (line.queues?.get(queue.semaphore) !== queue) return;
  line.queues.delete(queue.semaphore);
  if (line.queues.size === 0) line.queues = null;
}

/** Takes the first leg out, to be put into its line; the next one follows when that one has left it. */
export function callFirst(queue: SemaphoreQueue): Leg {
  const leg = queue.legs.first;
  if (leg === undefined) throw new Error("a queue without legs is called");
  leaveHeap(queue);
  queue.legs.remove(leg);
  noteNotQueued(leg);
  queue.called = leg;
  return leg;
}

/** Legs of the queues of a line whose turn it is, because the leg that was called before them has left the line. */
export function nextCalls(line: Line): Leg[] {
  const calls: Leg[] = [];
  if (line.queues === null) return calls;
  for (const queue of line.queues.values()) {
    if (queue.called !== null && isInLine(queue.called, line)) continue;
    queue.called = null;
    if (queue.legs.size === 0) forgetIfEmpty(queue);
    else if (!isFull(queue.semaphore)) calls.push(callFirst(queue));
    else if (queue.index < 0) queue.semaphore.queues.add(queue);
  }
  return calls;
}

function isInLine(leg: Leg, line: Line): boolean {
  return leg.line === line && leg.aside === null && leg.lineIndex >= 0;
}

/** The order of the line has changed: legs may go before the one that was called. */
export function callAgain(line: Line): void {
  if (line.queues !== null) for (const queue of line.queues.values()) queue.called = null;
}
