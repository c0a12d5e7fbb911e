import { Agenda } from "./agenda.ts";
import type { Command } from "./command.ts";
import type { BatchDecisions, Change, Effect, EndedTask, RefusalCode, Reply } from "./decision.ts";
import { legRecord, taskRecord, taskStatus } from "./save.ts";
import type { Semaphore } from "./semaphore.ts";
import type { Leg, Line, State, Task } from "./state.ts";
import type { ReleaseAgenda } from "./version-release.ts";

/**
 * The application of one batch of commands. Handlers change the state, and note here what they touched; what is to be
 * stored is written down once at the end, so that a leg that changed several times in a batch is recorded once.
 */
export class Turn {
  readonly state: State;
  /** The time of the command that is being applied. */
  at: number;
  readonly effects: Effect[] = [];
  #random = 0;
  #draws = 0;
  readonly #changes: Change[] = [];
  readonly #added = new Set<Task>();
  readonly #ended = new Map<string, Task>();
  readonly #touched = new Set<Leg>();
  readonly #changed = new Set<Task>();
  readonly agenda: Agenda = new Agenda();
  readonly releases: ReleaseAgenda = { legs: new Set(), releases: new Set() };

  constructor(state: State, at: number) {
    this.state = state;
    this.at = at;
  }

  begin(command: Command): void {
    this.at = command.at;
    this.#random = command.random;
    this.#draws = 0;
  }

  /** Chance, in [0, 1). A command brings one random number; each draw after the first gets its own share of it. */
  draw(): number {
    return (this.#random + this.#draws++ * goldenRatio) % 1;
  }

  record(change: Change): void {
    this.#changes.push(change);
  }

  send(effect: Effect): void {
    this.effects.push(effect);
  }

  addTask(task: Task): void {
    this.#added.add(task);
    for (const leg of task.legs) this.#touched.add(leg);
  }

  endTask(task: Task): void {
    this.#ended.set(task.id, task);
  }

  /** A task that has ended in this batch: the store does not know it yet, and it is forgotten. */
  endedTask(id: string): Task | undefined {
    return this.#ended.get(id);
  }

  touch(leg: Leg): void {
    this.#touched.add(leg);
  }

  /** Something of the task itself has changed, besides its legs. */
  touchTask(task: Task): void {
    this.#changed.add(task);
  }

  /** Something that may let a leg of this line start has happened. */
  pump(line: Line): void {
    if (line.waiting.size > 0 || line.queues !== null || (line.type === "slot" && line.bar !== null)) {
      this.agenda.addLine(line);
    }
  }

  /** There are permits for legs that wait for them. */
  pumpSemaphore(semaphore: Semaphore): void {
    this.agenda.addSemaphore(semaphore);
  }

  /** Something has happened at a target of a task that starts together. */
  reconsider(task: Task): void {
    this.agenda.addTask(task);
  }

  end(replies: readonly Reply[]): BatchDecisions {
    const changes = this.#changes;
    for (const task of this.#added) changes.push({ type: "task.added", task: taskRecord(task) });
    const changed = this.#changed;
    const ended: EndedTask[] = [];
    for (const leg of this.#touched) changed.add(leg.task);
    for (const task of changed) {
      if (this.#added.has(task)) continue;
      changes.push({ type: "task.changed", id: task.id, status: taskStatus(task) });
      if (task.endedAt !== null) ended.push(this.#endOf(task));
    }
    for (const leg of this.#touched) changes.push({ type: "leg", leg: legRecord(leg) });
    const { orderCounter: order, tokenCounter: token } = this.state;
    return { changes, counters: { order, token }, ended, replies, effects: this.effects };
  }

  #endOf(task: Task): EndedTask {
    const legs = task.legs.filter((leg) => !this.#touched.has(leg)).map(legRecord);
    return { task: taskRecord(task), legs };
  }
}

/** Its multiples, modulo 1, are spread as evenly as can be, however many are drawn. */
const goldenRatio = 0.618_033_988_75;

export function refused(code: RefusalCode, message: string): Reply {
  return { type: "refused", code, message };
}

export const done: Reply = { type: "done" };
