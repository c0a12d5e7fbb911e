import type { TaskState } from "@berth/engine";
import { entriesOf, list, text } from "./answer.ts";
import { stateOf } from "./codes.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { decodeRows, type NumberedTask } from "./record.ts";

/** So many tasks a script reads at once: one or two milliseconds of Redis. */
const stepSize = 500;

export type LiveHome = "active" | "waiting";

/** A task that may be what is looked for. */
export interface Candidate {
  readonly id: string;
  readonly number: number;
}

/** Reads tasks, in steps that are short for Redis. */
export class Tasks {
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Those that are stored, in no particular order. */
  async read(space: string, ids: readonly string[]): Promise<NumberedTask[]> {
    const found: NumberedTask[] = [];
    for (let start = 0; start < ids.length; start += stepSize) {
      const step = ids.slice(start, start + stepSize);
      const answer = await this.#connection.run("records", this.#keys.tag(space), step);
      found.push(...decodeRows(text("records", answer)));
    }
    return found;
  }

  /** All tasks of a home that are in one of the states, given by their digits; in no particular order. */
  async *scan(space: string, home: LiveHome, digits: string): AsyncGenerator<readonly NumberedTask[]> {
    // A hash that grows or shrinks meanwhile may tell of the same task twice.
    const seen = new Set<string>();
    for await (const rows of this.#scan(space, [home, digits, "rows"])) {
      yield decodeRows(rows).filter(({ task }) => {
        if (seen.has(task.id)) return false;
        seen.add(task.id);
        return true;
      });
    }
  }

  /** The same, but only which tasks these are. */
  async scanNumbers(space: string, home: LiveHome, digits: string): Promise<Candidate[]> {
    const found = new Map<string, Candidate>();
    for await (const rows of this.#scan(space, [home, digits, "numbers"])) {
      for (const [id, number] of JSON.parse(rows) as [string, number][]) found.set(id, { id, number });
    }
    return [...found.values()];
  }

  async *#scan(
    space: string,
    [home, digits, what]: readonly [LiveHome, string, string],
  ): AsyncGenerator<string> {
    const tag = this.#keys.tag(space);
    const ask = (cursor: string): Promise<unknown> => {
      const step = this.#connection.run("scan", tag, [home, cursor, stepSize, digits, what]);
      // Whoever breaks off does not wait for the step that was asked for ahead.
      step.catch(() => {});
      return step;
    };
    let asked: Promise<unknown> | null = ask("0");
    while (asked !== null) {
      const [cursor = "0", rows = "[]"] = list("scan", await asked);
      // Redis looks for the next ones while these are read.
      asked = cursor === "0" ? null : ask(cursor);
      yield rows;
    }
  }

  async payloads(space: string, ids: readonly string[]): Promise<Map<string, string>> {
    const payloads = new Map<string, string>();
    // They may be large each.
    const size = 100;
    for (let start = 0; start < ids.length; start += size) {
      const step = ids.slice(start, start + size);
      const answer = await this.#connection.call("hmget", this.#keys.of(space, "payloads"), ...step);
      for (const [index, payload] of (answer as (string | null)[]).entries()) {
        const id = step[index];
        if (payload !== null && id !== undefined) payloads.set(id, payload);
      }
    }
    return payloads;
  }

  async digests(
    space: string,
    ids: readonly string[],
  ): Promise<Map<string, { digest: string; state: TaskState }>> {
    const found = await this.read(space, ids);
    return new Map(
      found.map(({ task }) => [task.id, { digest: task.digest, state: task.status.state }] as const),
    );
  }

  async counts(space: string): Promise<Partial<Record<TaskState, number>>> {
    const entries = await entriesOf(this.#connection, this.#keys.of(space, "counts"));
    const counts = entries.map(([code, count]) => [stateOf(Number(code)), Number(count)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}
