import type { TaskState } from "@berth/engine";
import { entriesOf, list, pairs, text, texts } from "./answer.ts";
import { stateOf } from "./codes.ts";
import type { Connection } from "./connection.ts";
import { severalTargets } from "./form.ts";
import type { Keys } from "./keys.ts";
import { decodeRows, type NumberedTask } from "./record.ts";

/** So many tasks a script reads at once: one or two milliseconds of Redis. */
const stepSize = 500;

/** The same, without a script. */
const scanSize = 1000;

/** The hashes of tasks by where they stand. */
export type Home = "active" | "waiting" | "ended";

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

  /**
   * All tasks of a home, in no particular order, while nothing changes in it. Without a script, since Lua would look at
   * each byte of them.
   */
  async *all(space: string, home: Home): AsyncGenerator<readonly NumberedTask[]> {
    const seen = new Set<string>();
    for await (const forms of this.#scan(space, home)) {
      const fresh = forms.filter(([id]) => !seen.has(id));
      if (fresh.length === 0) continue;
      for (const [id] of fresh) seen.add(id);
      const key = this.#keys.of(space, "tasks");
      const answer = await this.#connection.call("hmget", key, ...fresh.map(([id]) => id));
      const records = texts("HMGET", answer);
      const several = fresh.filter(([, form]) => form.startsWith(severalTargets)).map(([id]) => id);
      const legs = new Map(
        await Promise.all(several.map(async (id) => [id, await this.#legs(space, id)] as const)),
      );
      let rows = "";
      for (const [index, [id, form]] of fresh.entries()) {
        const ownLegs = legs.get(id);
        const end = ownLegs === undefined ? "]" : `,${ownLegs}]`;
        rows += `${index === 0 ? "" : ","}[${JSON.stringify(id)},${records[index]},${form}${end}`;
      }
      yield decodeRows(`[${rows}]`);
    }
  }

  async #legs(space: string, id: string): Promise<string> {
    const entries = await entriesOf(this.#connection, this.#keys.of(space, `legs:${id}`));
    const legs = entries.filter(([, leg]) => leg !== "");
    return `[${legs.map(([target, leg]) => `[${JSON.stringify(target)},${leg}]`).join(",")}]`;
  }

  /** The ids and forms of all tasks of a home. One that grows or shrinks meanwhile may tell of the same task twice. */
  async *#scan(space: string, home: Home): AsyncGenerator<readonly [id: string, form: string][]> {
    const ask = (cursor: string): Promise<unknown> => {
      const step = this.#connection.call("hscan", this.#keys.of(space, home), cursor, "COUNT", scanSize);
      // Whoever breaks off does not wait for the step that was asked for ahead.
      step.catch(() => {});
      return step;
    };
    let asked: Promise<unknown> | null = ask("0");
    while (asked !== null) {
      const [cursor, step] = (await asked) as [string, unknown];
      // Redis looks for the next ones while these are read.
      asked = cursor === "0" ? null : ask(cursor);
      yield pairs(list("HSCAN", step));
    }
  }

  /** The tasks of a home that are in one of the states, given by their digits. */
  async candidates(space: string, home: Home, digits: string): Promise<Candidate[]> {
    const found = new Map<string, Candidate>();
    const tag = this.#keys.tag(space);
    let cursor = "0";
    do {
      const answer = await this.#connection.run("scan", tag, [home, cursor, stepSize, digits]);
      const [next = "0", rows = "[]"] = list("scan", answer);
      for (const [id, number] of JSON.parse(rows) as [string, number][]) found.set(id, { id, number });
      cursor = next;
    } while (cursor !== "0");
    return [...found.values()];
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
