import { isAssembling } from "./assembly.ts";
import { precedes } from "./line.ts";
import { isFull, type Semaphore } from "./semaphore.ts";
import type { Leg, Line, Task } from "./state.ts";

/** A task that starts together and bypasses every slot: it stands in no line, whose turn would be its. */
interface Start {
  readonly type: "start";
  readonly task: Task;
}

type Item = Line | Semaphore | Start;

interface Entry {
  readonly thing: Item;
  /** Whose turn it was there when it was put on the agenda: what comes next on it is the first by this. */
  readonly leg: Leg;
}

/**
 * Where to look for legs that can start, because something has happened there. Of all of them the one of the first place
 * comes next, so whatever a command sets free goes to whom it is due.
 */
export class Agenda {
  readonly #lines = new Set<Line>();
  /** Most batches have none of these. */
  #semaphores: Set<Semaphore> | null = null;
  #tasks: Set<Task> | null = null;
  #starts: Set<Task> | null = null;
  /** A binary heap. */
  readonly #entries: Entry[] = [];

  addLine(line: Line): void {
    this.#lines.add(line);
  }

  addSemaphore(semaphore: Semaphore): void {
    this.#semaphores ??= new Set();
    this.#semaphores.add(semaphore);
  }

  addTask(task: Task): void {
    if (!isAssembling(task)) return;
    this.#tasks ??= new Set();
    this.#tasks.add(task);
  }

  /** The task can start when its place comes. */
  addStart(task: Task): void {
    this.#starts ??= new Set();
    this.#starts.add(task);
  }

  /** The next task that starts together to be looked at as a whole; `null`: none. */
  takeTask(): Task | null {
    return this.#tasks === null ? null : takeFirst(this.#tasks);
  }

  /** The next of all that is on it; `null`: there is nothing left to look at. Lines in which nothing waits come at once. */
  take(): Item | null {
    for (const line of this.#lines) {
      this.#lines.delete(line);
      const leg = firstOf(line);
      if (leg === undefined || this.#isNextAnyway()) return line;
      this.#push({ thing: line, leg });
    }
    for (const semaphore of this.#semaphores ?? none) {
      this.#semaphores?.delete(semaphore);
      const leg = firstOf(semaphore);
      if (leg !== undefined) this.#push({ thing: semaphore, leg });
    }
    for (const task of this.#starts ?? noTasks) {
      this.#starts?.delete(task);
      const leg = task.legs[0];
      if (leg !== undefined) this.#push({ thing: { type: "start", task }, leg });
    }
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const leg = firstOf(entry.thing);
      if (leg === entry.leg || leg === undefined) return entry.thing;
      this.#push({ thing: entry.thing, leg });
    }
    return null;
  }

  /** The usual case: a command concerns one line. */
  #isNextAnyway(): boolean {
    const others = this.#entries.length + (this.#semaphores?.size ?? 0) + (this.#starts?.size ?? 0);
    return this.#lines.size === 0 && others === 0;
  }

  #push(entry: Entry): void {
    const entries = this.#entries;
    let index = entries.length;
    entries.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex] as Entry;
      if (!precedes(entry.leg, parent.leg)) break;
      entries[index] = parent;
      index = parentIndex;
    }
    entries[index] = entry;
  }

  #pop(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      const right = child + 1;
      if (right < entries.length && precedes((entries[right] as Entry).leg, (entries[child] as Entry).leg))
        child = right;
      if (!precedes((entries[child] as Entry).leg, last.leg)) break;
      entries[index] = entries[child] as Entry;
      index = child;
    }
    entries[index] = last;
    return first;
  }
}

const none: readonly Semaphore[] = [];
const noTasks: readonly Task[] = [];

function firstOf(thing: Item): Leg | undefined {
  if (thing.type === "start") return thing.task.legs[0];
  if (thing.type === "semaphore") return thing.queues.first?.legs.first;
  return thing.queues === null ? thing.waiting.first : firstToCome(thing);
}

/** The first one in a line may be yet to be called into it. */
function firstToCome(line: Line): Leg | undefined {
  let first = line.waiting.first;
  for (const { semaphore, legs } of line.queues?.values() ?? []) {
    const next = isFull(semaphore) ? undefined : legs.first;
    if (next !== undefined && (first === undefined || precedes(next, first))) first = next;
  }
  return first;
}

function takeFirst<Thing>(things: Set<Thing>): Thing | null {
  for (const thing of things) {
    things.delete(thing);
    return thing;
  }
  return null;
}
