import type { Database, Query } from "./database.ts";
import { rangeOfSpace } from "./numbering.ts";

/** Ids that are remembered as unknown, in all spaces. */
const unknownMax = 8192;

interface Known {
  /** Numbers that the catalog of ids does not hold yet. */
  readonly recent: Map<string, number>;
  /** Ids that no task has: whoever adds a task asks first whether its id was used before. */
  readonly unknown: Set<string>;
}

/** Finds the number of a task by its id: in memory where it was added lately, as were most that are asked for. */
export class TaskNumbers {
  readonly #known = new Map<number, Known>();
  readonly #find: Query<[number]>;
  #recentCount = 0;
  #unknownCount = 0;

  constructor(database: Database) {
    this.#find = database.query("SELECT task FROM taskById WHERE id = ? AND task BETWEEN ? AND ?");
  }

  /** How many the catalog of ids does not hold yet, in all spaces. */
  get recentCount(): number {
    return this.#recentCount;
  }

  /** The spaces of those. */
  spaces(): number[] {
    return [...this.#known].filter(([, { recent }]) => recent.size > 0).map(([space]) => space);
  }

  find(space: number, id: string): number | undefined {
    const { recent, unknown } = this.#knownOf(space);
    const known = recent.get(id);
    if (known !== undefined || unknown.has(id)) return known;
    const { from, to } = rangeOfSpace(space);
    const number = this.#find.get(id, from, to)?.[0];
    if (number === undefined) this.#rememberUnknown(unknown, id);
    return number;
  }

  #rememberUnknown(unknown: Set<string>, id: string): void {
    if (this.#unknownCount >= unknownMax) {
      for (const known of this.#known.values()) known.unknown.clear();
      this.#unknownCount = 0;
    }
    unknown.add(id);
    this.#unknownCount += 1;
  }

  #knownOf(space: number): Known {
    let known = this.#known.get(space);
    if (known === undefined) {
      known = { recent: new Map(), unknown: new Set() };
      this.#known.set(space, known);
    }
    return known;
  }

  /** The id is new, and has this number from now on. */
  add(space: number, id: string, number: number): void {
    const { recent, unknown } = this.#knownOf(space);
    if (unknown.delete(id)) this.#unknownCount -= 1;
    recent.set(id, number);
    this.#recentCount += 1;
  }

  forget(space: number, id: string): void {
    if (this.#knownOf(space).recent.delete(id)) this.#recentCount -= 1;
  }

  /** Forgets what was given a number above `last`, which the table does not have. */
  forgetAbove(space: number, last: number): void {
    for (const [id, number] of this.#knownOf(space).recent) if (number > last) this.forget(space, id);
  }

  /** The catalog of ids holds the tasks of the space up to this number. */
  forgetUpTo(space: number, last: number): void {
    const { recent } = this.#knownOf(space);
    // In the order in which they were added, which is that of their numbers.
    for (const [id, number] of recent) {
      if (number > last) break;
      recent.delete(id);
      this.#recentCount -= 1;
    }
  }
}
