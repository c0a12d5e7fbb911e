import type { PutSemaphoreCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { IndexedHeap } from "./heap.ts";
import { type LegHeap, precedes } from "./line.ts";
import { semaphoreRecord } from "./save.ts";
import { barsOthers, type Leg, type Line, type Slot, type State, type Task } from "./state.ts";
import { done, type Turn } from "./turn.ts";
import { type TaskKind, taskKinds } from "./words.ts";

/**
 * A count of permits: named by tasks, or the cap of the space, or a lane of the space, or the window of a rollout.
 *
 * A leg that comes to the head of its line while a semaphore of its is full steps aside into the queue that this
 * semaphore has for the line. Of each queue only the first leg is ever called back into the line, and the next one
 * when that has left it, so a permit that becomes free costs no more with many waiting than with few.
 */
export interface Semaphore {
  readonly type: "semaphore";
  /** `null`: the window of a rollout. */
  readonly name: string | null;
  /** `Infinity`: as many as want to. */
  limit: number;
  held: number;
  /** Queues whose first leg has not been called back, by the place of that leg. */
  readonly queues: QueueHeap;
  /** Slots that are barred by a leg which needs a permit: it bars nobody while there is none. */
  readonly barring: Set<Slot>;
  /** Somebody has set the limit. */
  isSet: boolean;
  /** Live tasks that name it. */
  taskCount: number;
}

/** Legs of one line that wait for a permit of one semaphore. */
export interface SemaphoreQueue {
  readonly type: "queue";
  readonly semaphore: Semaphore;
  readonly line: Line;
  readonly legs: LegHeap;
  /** The leg that was called back into the line, while it waits there. */
  called: Leg | null;
  /** Place in the heap of the semaphore. */
  index: number;
}

export class QueueHeap extends IndexedHeap<SemaphoreQueue> {
  protected override precedes(one: SemaphoreQueue, other: SemaphoreQueue): boolean {
    return precedes(one.legs.first as Leg, other.legs.first as Leg);
  }

  protected override indexOf(queue: SemaphoreQueue): number {
    return queue.index;
  }

  protected override setIndex(queue: SemaphoreQueue, index: number): void {
    queue.index = index;
  }
}

export function newSemaphore(name: string | null, limit: number): Semaphore {
  return {
    type: "semaphore",
    name,
    limit,
    held: 0,
    queues: new QueueHeap(),
    barring: new Set(),
    isSet: false,
    taskCount: 0,
  };
}

/** Semaphores that every space has. */
export interface SpaceSemaphores {
  readonly taskCap: Semaphore;
  readonly lanes: Readonly<Record<TaskKind, Semaphore>>;
}

/** Bypassing legs of one kind that run in a space at once, where nobody has set another limit. */
const laneLimitOfSpace = 1_000;
const taskCapName = "task-cap";

export function spaceSemaphores(): SpaceSemaphores {
  const lane = (kind: TaskKind): Semaphore => newSemaphore(`lane.${kind}`, laneLimitOfSpace);
  return {
    taskCap: newSemaphore(taskCapName, Number.POSITIVE_INFINITY),
    lanes: {
      deploy: lane("deploy"),
      runbook: lane("runbook"),
      "health-check": lane("health-check"),
      job: lane("job"),
    },
  };
}

/** The semaphore that every space has under this name. */
export function reservedSemaphore(state: State, name: string): Semaphore | null {
  const { taskCap, lanes } = state.spaceSemaphores;
  if (name === taskCapName) return taskCap;
  const kind = taskKinds.find((each) => name === `lane.${each}`);
  return kind === undefined ? null : lanes[kind];
}

function unsetLimit(semaphore: Semaphore): number {
  if (semaphore.name === taskCapName) return Number.POSITIVE_INFINITY;
  return semaphore.name?.startsWith("lane.") ? laneLimitOfSpace : 1;
}

/** The semaphore of this name; one that nobody has set has one permit. */
export function semaphoreNamed(state: State, name: string): Semaphore {
  let semaphore = reservedSemaphore(state, name) ?? state.semaphores.get(name);
  if (semaphore === undefined) {
    semaphore = newSemaphore(name, 1);
    state.semaphores.set(name, semaphore);
  }
  return semaphore;
}

export function forgetSemaphoreIfUnused(state: State, semaphore: Semaphore): void {
  if (semaphore.name === null || semaphore.isSet || semaphore.taskCount > 0) return;
  state.semaphores.delete(semaphore.name);
}

export function isFull(semaphore: Semaphore): boolean {
  return semaphore.held >= semaphore.limit;
}

/** Whether tasks of this kind count in the cap of the space. */
function isCapped(kind: TaskKind): boolean {
  return kind !== "health-check";
}

/** The first semaphore that keeps a leg from starting; `null`: it could have all permits that it needs. */
export function fullSemaphore(state: State, leg: Leg): Semaphore | null {
  const { task } = leg;
  if (leg.mode === "bypass") {
    const lane = state.spaceSemaphores.lanes[task.kind];
    return isFull(lane) ? lane : null;
  }
  if (task.grantCount > 0) return null;
  const { taskCap } = state.spaceSemaphores;
  if (isFull(taskCap) && isCapped(task.kind)) return taskCap;
  if (task.plan === null) return null;
  for (const name of task.plan.semaphores) {
    const semaphore = semaphoreNamed(state, name);
    if (isFull(semaphore)) return semaphore;
  }
  return null;
}

/** All semaphores whose permits a leg would take, besides the window of its rollout. */
export function semaphoresOf(state: State, leg: Leg): Semaphore[] {
  const { task } = leg;
  if (leg.mode === "bypass") return [state.spaceSemaphores.lanes[task.kind]];
  const named = task.plan?.semaphores.map((name) => semaphoreNamed(state, name)) ?? [];
  return isCapped(task.kind) ? [state.spaceSemaphores.taskCap, ...named] : named;
}

/** With a grant. A task takes its permits once, however many of its legs run. */
export function takePermits(turn: Turn, leg: Leg): void {
  const { state } = turn;
  const { task } = leg;
  if (leg.mode === "bypass") {
    take(turn, state.spaceSemaphores.lanes[task.kind]);
    return;
  }
  task.grantCount += 1;
  if (task.grantCount > 1) return;
  if (isCapped(task.kind)) take(turn, state.spaceSemaphores.taskCap);
  if (task.plan !== null) {
    for (const name of task.plan.semaphores) take(turn, semaphoreNamed(state, name));
  }
}

/** With the end of a grant. */
export function givePermits(turn: Turn, leg: Leg): void {
  const { state } = turn;
  const { task } = leg;
  if (leg.mode === "bypass") {
    give(turn, state.spaceSemaphores.lanes[task.kind]);
    return;
  }
  task.grantCount -= 1;
  if (task.grantCount > 0) return;
  if (isCapped(task.kind)) give(turn, state.spaceSemaphores.taskCap);
  if (task.plan !== null) {
    for (const name of task.plan.semaphores) give(turn, semaphoreNamed(state, name));
  }
}

/** What bars a line for want of nothing but its slot now waits for a permit, and so bars nobody. */
export function take(turn: Turn, semaphore: Semaphore): void {
  semaphore.held += 1;
  if (isFull(semaphore)) letOthersBy(turn, semaphore);
}

function letOthersBy(turn: Turn, semaphore: Semaphore): void {
  for (const slot of semaphore.barring) {
    // Alone in its line it bars nobody there, but room may be kept for it.
    if (barsOthers(slot) || slot.target.assemblies !== null) turn.pump(slot);
  }
}

export function give(turn: Turn, semaphore: Semaphore): void {
  semaphore.held -= 1;
  serve(turn, semaphore);
}

/** There may be permits for those that wait for them. */
function serve(turn: Turn, semaphore: Semaphore): void {
  if (semaphore.queues.size > 0 && !isFull(semaphore)) turn.pumpSemaphore(semaphore);
}

/** Those that a task names. */
export function namedSemaphores(state: State, task: Task): Semaphore[] {
  return task.plan?.semaphores.map((name) => semaphoreNamed(state, name)) ?? [];
}

/** Those of the space, and those that somebody has set or a task names. */
export function allSemaphores(state: State): Semaphore[] {
  const { taskCap, lanes } = state.spaceSemaphores;
  return [taskCap, ...Object.values(lanes), ...state.semaphores.values()];
}

/** Sets a limit. What runs keeps its permits, even where there are now fewer. */
export function putSemaphore(turn: Turn, command: PutSemaphoreCommand): Reply {
  const semaphore = semaphoreNamed(turn.state, command.semaphore);
  semaphore.isSet = command.limit !== null;
  semaphore.limit = command.limit ?? unsetLimit(semaphore);
  if (command.limit === null) turn.record({ type: "semaphore.removed", id: command.semaphore });
  else turn.record({ type: "semaphore", semaphore: semaphoreRecord(semaphore) });
  if (isFull(semaphore)) letOthersBy(turn, semaphore);
  else serve(turn, semaphore);
  if (reservedSemaphore(turn.state, command.semaphore) === null)
    forgetSemaphoreIfUnused(turn.state, semaphore);
  return done;
}
