import type { Counters, DurationRecord, LegRecord, LiveRecords, TaskRecord } from "@berth/engine";
import { entriesOf, texts } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { type Items, readItems } from "./items.ts";
import type { Keys } from "./keys.ts";
import type { Tasks } from "./tasks.ts";
import type { Writer } from "./writer.ts";

/** Where a space stands, as far as loading is concerned. */
interface Standing {
  readonly counters: Counters;
  readonly isSealed: boolean;
  /** How many write-backs there were. */
  readonly seals: string | null;
}

/** Loads the live state of a space. */
export class Live {
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #keys: Keys;
  readonly #tasks: Tasks;

  constructor(connection: Connection, writer: Writer, keys: Keys, tasks: Tasks) {
    this.#connection = connection;
    this.#writer = writer;
    this.#keys = keys;
    this.#tasks = tasks;
  }

  /** What is half written back cannot be loaded: it is carried out first, and nobody may begin with it meanwhile. */
  async load(space: string): Promise<LiveRecords> {
    for (;;) {
      const before = await this.#standing(space);
      if (before.isSealed) {
        await this.#writer.carryOut(space);
        continue;
      }
      const records = await this.#read(space);
      const after = await this.#standing(space);
      if (!after.isSealed && after.seals === before.seals) return { ...records, counters: after.counters };
    }
  }

  async #standing(space: string): Promise<Standing> {
    const key = this.#keys.of(space, "meta");
    const answer = await this.#connection.call("hmget", key, "orders", "tokens", "sealed", "seals");
    const [order, token, sealed = null, seals = null] = texts("HMGET", answer);
    const counters = { order: Number(order ?? 0), token: Number(token ?? 0) };
    return { counters, isSealed: sealed !== null, seals };
  }

  async #read(space: string): Promise<Omit<LiveRecords, "counters">> {
    const tasks: TaskRecord[] = [];
    const legs: LegRecord[] = [];
    for (const home of ["waiting", "active"] as const) {
      for await (const step of this.#tasks.all(space, home)) {
        for (const stored of step) {
          tasks.push(stored.task);
          for (const leg of stored.legs) legs.push(leg);
        }
      }
    }
    const items = <Kind extends keyof Items>(kind: Kind): Promise<Items[Kind][]> =>
      readItems(this.#connection, this.#keys, space, kind);
    return {
      tasks,
      legs,
      targets: await items("target"),
      sessions: await items("session"),
      holds: await items("hold"),
      quarantines: await items("quarantine"),
      semaphores: await items("semaphore"),
      schedules: await items("schedule"),
      durations: await this.#durations(space),
    };
  }

  /** There may be many for each target. */
  async #durations(space: string): Promise<DurationRecord[]> {
    const entries = await entriesOf(this.#connection, this.#keys.of(space, "duration"));
    return entries.map(([, text]) => JSON.parse(text) as DurationRecord);
  }
}
