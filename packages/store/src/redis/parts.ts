import { type LogPage, StoreError } from "../port.ts";
import { list } from "./answer.ts";
import { Commits } from "./commits.ts";
import { Connection } from "./connection.ts";
import { Fitness } from "./fitness.ts";
import { compareCodePoints, type Items, readItems } from "./items.ts";
import { Keys } from "./keys.ts";
import { Live } from "./live.ts";
import { readLog } from "./log.ts";
import { OopsRecords } from "./oops.ts";
import type { Settings } from "./options.ts";
import { Owners } from "./ownership.ts";
import { Retention } from "./retention.ts";
import { TaskQueries } from "./task-query.ts";
import { Tasks } from "./tasks.ts";
import { Writer } from "./writer.ts";

/** The version of what is stored. What a later one has stored is not understood. */
const format = 1;

/** What a started store is made of, from one start to the next stop. */
export class Parts {
  readonly writer: Writer;
  readonly owners: Owners;
  readonly commits: Commits;
  readonly tasks: Tasks;
  readonly taskQueries: TaskQueries;
  readonly live: Live;
  readonly oops: OopsRecords;
  readonly retention: Retention;
  readonly #keys: Keys;
  readonly #reading: Connection;
  readonly #fitness: Fitness;

  constructor(settings: Settings) {
    const { address, prefix, timeoutMs, logger } = settings;
    this.#keys = new Keys(prefix);
    this.#reading = new Connection(address, timeoutMs, logger);
    this.#fitness = new Fitness(settings);
    this.writer = new Writer(settings, this.#keys, this.#fitness);
    this.owners = new Owners(this.writer, this.#keys);
    this.commits = new Commits(this.writer);
    this.tasks = new Tasks(this.#reading, this.#keys);
    this.taskQueries = new TaskQueries(this.#reading, this.#keys, this.tasks);
    this.live = new Live(this.#reading, this.writer, this.#keys, this.tasks);
    this.oops = new OopsRecords(this.#reading, this.#keys);
    this.retention = new Retention(this.#reading, this.#keys, this.oops);
  }

  async open(): Promise<void> {
    await this.#reading.call("ping");
    await this.#fitness.check(this.#reading);
    this.#reading.client.on("ready", () => void this.#fitness.checkAgain(this.#reading));
    const key = this.#keys.format;
    await this.#reading.call("set", key, format, "NX");
    const stored = Number(await this.#reading.call("get", key));
    if (stored > format) {
      const message = `${this.#reading.where} has data of a later version of Berth (${stored}, this one knows ${format})`;
      throw new StoreError("store_newer_version", message);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.writer.close(), this.#reading.close()]);
  }

  /** Those that anything was committed to, of those that anybody has owned. */
  async spaces(): Promise<string[]> {
    const names = list("SMEMBERS", await this.#reading.call("smembers", this.#keys.spaces));
    const sequences = await Promise.all(
      names.map((name) => this.#reading.call("hget", this.#keys.of(name, "meta"), "sequence")),
    );
    return names.filter((_, index) => Number(sequences[index] ?? 0) > 0).sort(compareCodePoints);
  }

  items<Kind extends keyof Items>(space: string, kind: Kind): Promise<Items[Kind][]> {
    return readItems(this.#reading, this.#keys, space, kind);
  }

  log(
    space: string,
    task: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<LogPage> {
    return readLog(this.#reading, this.#keys.of(space, `log:${task}`), task, query);
  }
}
