import type { Command } from "./command.ts";
import type { BatchDecisions, Change, Effect, RefusalCode, Reply } from "./decision.ts";
import { legRecord, taskRecord, taskStatus } from "./save.ts";
import type { Leg, Line, State, Task } from "./state.ts";

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
  readonly #lines = new Set<Line>();

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

  /** Something that may let a leg of this line start has happened. */
  pump(line: Line): void {
    if (line.waiting.size > 0 || (line.type === "slot" && line.barred)) this.#lines.add(line);
  }

  /** The next line to look at; `null` when there is none left. */
  takeLine(): Line | null {
    for (const line of this.#lines) {
      this.#lines.delete(line);
      return line;
    }
    return null;
  }

  end(replies: readonly Reply[]): BatchDecisions {
    const changes = this.#changes;
    for (const task of this.#added) changes.push({ type: "task.added", task: taskRecord(task) });
    const changed = new Set<Task>();
    for (const leg of this.#touched) {
      if (this.#added.has(leg.task) || changed.has(leg.task)) continue;
      changed.add(leg.task);
      changes.push({ type: "task.changed", id: leg.task.id, status: taskStatus(leg.task) });
    }
    for (const leg of this.#touched) changes.push({ type: "leg", leg: legRecord(leg) });
    const { orderCounter: order, tokenCounter: token } = this.state;
    return { changes, counters: { order, token }, replies, effects: this.effects };
  }
}

/** Its multiples, modulo 1, are spread as evenly as can be, however many are drawn. */
const goldenRatio = 0.618_033_988_75;

export function refused(code: RefusalCode, message: string): Reply {
  return { type: "refused", code, message };
}

export const done: Reply = { type: "done" };
