import type {
  HoldRecord,
  LiveRecords,
  OopsRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
  TaskState,
} from "@berth/engine";
import {
  type Commit,
  type CommitOutcome,
  type LogPage,
  type OopsQuery,
  type OwnerLease,
  type Ownership,
  type Page,
  type RetentionRule,
  type SpaceHistory,
  type StagedPart,
  type StageOutcome,
  type Store,
  type StoredTask,
  StoreError,
  type TaskQuery,
} from "../port.ts";
import { Channel } from "./channel.ts";
import type { SqliteStoreOptions } from "./index.ts";
import { packCommit, packPart } from "./pack.ts";
import { loadLive, prune, readItems, readOops, readTasks } from "./steps.ts";

/**
 * The side of the store that callers see. The database is in a thread of its own, so that a commit blocks nobody here.
 * What may take long is asked for in steps, so that commits get in between.
 */
export class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions;
  #channel: Channel | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#stopping;
    this.#starting ??= this.#open();
    await this.#starting;
  }

  async #open(): Promise<void> {
    const channel = new Channel(this.#options.path);
    try {
      await channel.call("open", this.#options);
      this.#channel = channel;
    } catch (error) {
      this.#starting = null;
      await channel.call("close").catch(() => {});
      await channel.ended;
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#close().finally(() => {
      this.#stopping = null;
    });
    await this.#stopping;
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => {});
    const channel = this.#channel;
    this.#channel = null;
    this.#starting = null;
    if (channel === null) return;
    await Promise.allSettled(this.#underWay);
    try {
      await channel.call("close");
    } catch (error) {
      // A thread that has ended by itself has nothing left to close.
      if (!(error instanceof StoreError && error.code === "store_unreachable")) throw error;
    }
    await channel.ended;
  }

  /** What was begun before `stop` is finished, however many steps it takes. */
  #run<Value>(work: (channel: Channel) => Promise<Value>): Promise<Value> {
    const channel = this.#channel;
    if (channel === null) {
      const message = `the store "${this.#options.path}" is not started`;
      return Promise.reject(new StoreError("store_unreachable", message));
    }
    const result = work(channel);
    this.#underWay.add(result);
    const forget = (): void => {
      this.#underWay.delete(result);
    };
    result.then(forget, forget);
    return result;
  }

  acquire(request: OwnerLease & { readonly epochAbove?: number }): Promise<Ownership | null> {
    return this.#run((channel) => channel.call("acquire", request));
  }

  renew(request: OwnerLease & { readonly epoch: number }): Promise<number | null> {
    return this.#run((channel) => channel.call("renew", request));
  }

  release(request: {
    readonly space: string;
    readonly owner: string;
    readonly epoch: number;
  }): Promise<void> {
    return this.#run((channel) => channel.call("release", request));
  }

  history(space: string): Promise<SpaceHistory> {
    return this.#run((channel) => channel.call("history", space));
  }

  commit(commit: Commit): Promise<CommitOutcome> {
    return this.#run((channel) => channel.call("commit", packCommit(commit)));
  }

  stage(part: StagedPart): Promise<StageOutcome> {
    return this.#run((channel) => channel.call("stage", packPart(part)));
  }

  load(space: string): Promise<LiveRecords> {
    return this.#run((channel) => loadLive(channel, space));
  }

  spaces(): Promise<string[]> {
    return this.#run((channel) => channel.call("spaces"));
  }

  async task(space: string, id: string): Promise<StoredTask | null> {
    const { items } = await this.tasks(space, { ids: [id], sort: "oldest", cursor: null, limit: 1 });
    return items[0] ?? null;
  }

  tasks(space: string, query: TaskQuery): Promise<Page<StoredTask>> {
    return this.#run((channel) => readTasks(channel, space, query));
  }

  taskCounts(space: string): Promise<Partial<Record<TaskState, number>>> {
    return this.#run(async (channel) => Object.fromEntries(await channel.call("taskCounts", space)));
  }

  payloads(space: string, tasks: readonly string[]): Promise<Map<string, string>> {
    return this.#run(async (channel) => new Map(await channel.call("payloads", space, tasks)));
  }

  digests(
    space: string,
    tasks: readonly string[],
  ): Promise<Map<string, { digest: string; state: TaskState }>> {
    return this.#run(async (channel) => new Map(await channel.call("digests", space, tasks)));
  }

  log(
    space: string,
    task: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<LogPage> {
    return this.#run((channel) => channel.call("log", space, task, query.after, query.limit));
  }

  oops(space: string, query: OopsQuery): Promise<Page<OopsRecord>> {
    return this.#run((channel) => readOops(channel, space, query));
  }

  targets(space: string): Promise<TargetRecord[]> {
    return this.#run((channel) => readItems(channel, space, "target"));
  }

  sessions(space: string): Promise<SessionRecord[]> {
    return this.#run((channel) => readItems(channel, space, "session"));
  }

  holds(space: string): Promise<HoldRecord[]> {
    return this.#run((channel) => readItems(channel, space, "hold"));
  }

  quarantines(space: string): Promise<QuarantineRecord[]> {
    return this.#run((channel) => readItems(channel, space, "quarantine"));
  }

  semaphores(space: string): Promise<SemaphoreRecord[]> {
    return this.#run((channel) => readItems(channel, space, "semaphore"));
  }

  schedules(space: string): Promise<ScheduleRecord[]> {
    return this.#run((channel) => readItems(channel, space, "schedule"));
  }

  prune(space: string, rule: RetentionRule): Promise<{ tasks: number; oops: number }> {
    return this.#run((channel) => prune(channel, space, rule));
  }
}
