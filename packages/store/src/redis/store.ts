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
import { describeAddress } from "./address.ts";
import type { Settings } from "./options.ts";
import { Parts } from "./parts.ts";

/** The side of the store that callers see: hands on what is asked for, and knows what is under way. */
export class RedisStore implements Store {
  readonly #settings: Settings;
  #parts: Parts | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async start(): Promise<void> {
    await this.#stopping;
    this.#starting ??= this.#open();
    await this.#starting;
  }

  async #open(): Promise<void> {
    const parts = new Parts(this.#settings);
    try {
      await parts.open();
      this.#parts = parts;
    } catch (error) {
      this.#starting = null;
      await parts.close();
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
    const parts = this.#parts;
    this.#parts = null;
    this.#starting = null;
    if (parts === null) return;
    await Promise.allSettled(this.#underWay);
    await parts.close();
  }

  #run<Value>(work: (parts: Parts) => Promise<Value>): Promise<Value> {
    const parts = this.#parts;
    if (parts === null) {
      const message = `the store in ${describeAddress(this.#settings.address)} is not started`;
      return Promise.reject(new StoreError("store_unreachable", message));
    }
    const result = work(parts);
    this.#underWay.add(result);
    const forget = (): void => {
      this.#underWay.delete(result);
    };
    result.then(forget, forget);
    return result;
  }

  /** Reads go through another connection than writes, and see those that were asked for before them. */
  #read<Value>(space: string, work: (parts: Parts) => Promise<Value>): Promise<Value> {
    return this.#run((parts) => {
      const before = parts.writer.lines.over(space);
      return before === null ? work(parts) : before.then(() => work(parts));
    });
  }

  acquire(request: OwnerLease & { readonly epochAbove?: number }): Promise<Ownership | null> {
    return this.#run(({ owners }) => owners.acquire(request));
  }

  renew(request: OwnerLease & { readonly epoch: number }): Promise<number | null> {
    return this.#run(({ owners }) => owners.renew(request));
  }

  release(request: {
    readonly space: string;
    readonly owner: string;
    readonly epoch: number;
  }): Promise<void> {
    return this.#run(({ owners }) => owners.release(request));
  }

  history(space: string): Promise<SpaceHistory> {
    return this.#read(space, ({ owners }) => owners.history(space));
  }

  commit(commit: Commit): Promise<CommitOutcome> {
    return this.#run(({ commits }) => commits.commit(commit));
  }

  stage(part: StagedPart): Promise<StageOutcome> {
    return this.#run(({ commits }) => commits.stage(part));
  }

  load(space: string): Promise<LiveRecords> {
    return this.#read(space, ({ live }) => live.load(space));
  }

  spaces(): Promise<string[]> {
    return this.#run((parts) => parts.spaces());
  }

  async task(space: string, id: string): Promise<StoredTask | null> {
    const { items } = await this.tasks(space, { ids: [id], sort: "oldest", cursor: null, limit: 1 });
    return items[0] ?? null;
  }

  tasks(space: string, query: TaskQuery): Promise<Page<StoredTask>> {
    return this.#read(space, ({ taskQueries }) => taskQueries.page(space, query));
  }

  taskCounts(space: string): Promise<Partial<Record<TaskState, number>>> {
    return this.#read(space, ({ tasks }) => tasks.counts(space));
  }

  payloads(space: string, tasks: readonly string[]): Promise<Map<string, string>> {
    return this.#read(space, (parts) => parts.tasks.payloads(space, tasks));
  }

  digests(
    space: string,
    tasks: readonly string[],
  ): Promise<Map<string, { digest: string; state: TaskState }>> {
    return this.#read(space, (parts) => parts.tasks.digests(space, tasks));
  }

  log(
    space: string,
    task: string,
    query: { readonly after: number; readonly limit: number },
  ): Promise<LogPage> {
    return this.#read(space, (parts) => parts.log(space, task, query));
  }

  oops(space: string, query: OopsQuery): Promise<Page<OopsRecord>> {
    return this.#read(space, (parts) => parts.oops.page(space, query));
  }

  targets(space: string): Promise<TargetRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "target"));
  }

  sessions(space: string): Promise<SessionRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "session"));
  }

  holds(space: string): Promise<HoldRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "hold"));
  }

  quarantines(space: string): Promise<QuarantineRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "quarantine"));
  }

  semaphores(space: string): Promise<SemaphoreRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "semaphore"));
  }

  schedules(space: string): Promise<ScheduleRecord[]> {
    return this.#read(space, (parts) => parts.items(space, "schedule"));
  }

  prune(space: string, rule: RetentionRule): Promise<{ tasks: number; oops: number }> {
    return this.#read(space, ({ retention }) => retention.prune(space, rule));
  }
}
