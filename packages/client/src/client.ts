import type {
  BatchView,
  BrokerView,
  ClearanceView,
  EnqueuedView,
  ExplainView,
  HoldScope,
  LogLineView,
  LogView,
  PageView,
  PriorityClass,
  SummaryView,
  TaskEvent,
  TaskRequestInput,
  TaskState,
  TaskView,
} from "@berth/protocol";
import { DeadLetters } from "./dead-letters.ts";
import { enqueueAll, enqueueOne } from "./enqueue.ts";
import { BerthRequestError } from "./error.ts";
import { type FollowOptions, followTask, type TaskNews, type TaskReader } from "./follow.ts";
import { type ClearanceSubject, followClearance } from "./follow-clearance.ts";
import { Holds } from "./holds.ts";
import { OopsRecords } from "./oops.ts";
import { callRule, followRule, type RetryRule, type Wait, waitInTime } from "./retry.ts";
import { Schedules } from "./schedules.ts";
import { scopeQuery } from "./scope-query.ts";
import { Semaphores } from "./semaphores.ts";
import { type CallOptions, eachItem, SpaceCalls } from "./space-calls.ts";
import { isEndState } from "./states.ts";
import { Targets } from "./targets.ts";
import { type TaskEventSource, taskEvents } from "./task-events.ts";
import { isEmptyFilter, queryOf, type TaskFilter } from "./task-filter.ts";
import { type Fetch, Transport } from "./transport.ts";

export interface BerthClientOptions {
  /** Where the API is, e.g. `http://127.0.0.1:7070`; may have a path in front of `/v1`. */
  readonly url: string;
  /** `default` if left out. */
  readonly space?: string;
  /** In place of the global `fetch`, e.g. one that goes through a proxy. */
  readonly fetch?: Fetch;
  /** Sent with every request, e.g. for a proxy that wants to know who asks. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retries?: Partial<RetryRule>;
  /** How long one attempt of a call may take; 30 s if left out. Streams have no such limit. */
  readonly timeoutMs?: number;
  /** A stream of events that is silent for so long is taken for dead and opened anew; 60 s if left out. */
  readonly idleMaxMs?: number;
  /** How to wait between attempts; for tests. */
  readonly wait?: Wait;
}

export interface WaitOptions extends CallOptions {
  /** Called with the present state, and with every other one that follows. */
  readonly onChange?: (state: TaskState) => void;
  /** Wait on while the task is parked; else `waitFor` returns then, since only a person or a new worker can help. */
  readonly throughParked?: boolean;
}

/** The lines of a log that are asked for at once. */
const logPageLines = 1000;

/** Enqueues tasks and tells what becomes of them. One client serves a whole process; it keeps nothing open. */
export class BerthClient {
  readonly targets: Targets;
  readonly holds: Holds;
  readonly oops: OopsRecords;
  readonly deadLetters: DeadLetters;
  readonly semaphores: Semaphores;
  readonly schedules: Schedules;
  readonly url: string;
  readonly space: string;
  readonly #transport: Transport;
  readonly #calls: SpaceCalls;
  readonly #events: TaskEventSource;

  /** Throws `BerthRequestError` with the code `url_invalid`. */
  constructor(options: BerthClientOptions) {
    this.space = options.space ?? "default";
    this.#transport = new Transport({
      url: options.url,
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      headers: options.headers ?? {},
      retries: { ...callRule, ...options.retries },
      timeoutMs: options.timeoutMs ?? 30_000,
      wait: options.wait ?? waitInTime,
    });
    this.url = this.#transport.url;
    this.#calls = new SpaceCalls(this.#transport, this.space);
    this.#events = {
      transport: this.#transport,
      space: this.space,
      idleMaxMs: options.idleMaxMs ?? 60_000,
    };
    this.targets = new Targets(this.#calls);
    this.holds = new Holds(this.#calls);
    this.oops = new OopsRecords(this.#calls);
    this.deadLetters = new DeadLetters(this.#calls);
    this.semaphores = new Semaphores(this.#calls);
    this.schedules = new Schedules(this.#calls);
  }

  /**
   * Enqueues a task. When it resolves the task is durable; when it rejects with `unreachable` nobody knows, and calling
   * again with the same `idempotencyKey` is safe. Without a key the client makes one for its own repetitions.
   */
  enqueue(request: TaskRequestInput, options: CallOptions = {}): Promise<EnqueuedView> {
    return enqueueOne(this.#calls, request, options);
  }

  /** One entry per request, in their order: what was enqueued, or why that one was refused. */
  enqueueMany(requests: readonly TaskRequestInput[], options: CallOptions = {}): Promise<BatchView["tasks"]> {
    return enqueueAll(this.#calls, requests, options);
  }

  /** With its payload. */
  task(task: string, options: CallOptions = {}): Promise<TaskView> {
    return this.#calls.get(["tasks", task], options);
  }

  /** One page. An empty list in the filter matches nothing. */
  async tasks(filter: TaskFilter = {}, options: CallOptions = {}): Promise<PageView<TaskView>> {
    if (isEmptyFilter(filter)) return { items: [], next: null };
    return this.#calls.get(["tasks"], { ...options, query: queryOf(filter) });
  }

  /** Every task that matches, page after page. */
  eachTask(filter: TaskFilter = {}, options: CallOptions = {}): AsyncGenerator<TaskView, void> {
    return eachItem((cursor) => this.tasks(cursor === undefined ? filter : { ...filter, cursor }, options));
  }

  /** The space in numbers. */
  summary(options: CallOptions = {}): Promise<SummaryView> {
    return this.#calls.get(["summary"], options);
  }

  /** What a tentacle has to know of the message broker. */
  broker(options: CallOptions = {}): Promise<BrokerView> {
    return this.#calls.get(["broker"], options);
  }

  /** Whether the server has all that it needs. Asks once; rejects with `unreachable` where there is none. */
  async isReady({ signal }: CallOptions = {}): Promise<boolean> {
    const retries = { attempts: 1 };
    try {
      await this.#transport.send({ method: "GET", path: ["readyz"], repeatable: true, retries, signal });
      return true;
    } catch (error) {
      if (error instanceof BerthRequestError && error.status === 503) return false;
      throw error;
    }
  }

  /** The lines after the position `after` (0: from the start), at most `limit`. */
  log(
    task: string,
    { after = 0, limit = logPageLines, ...options }: CallOptions & { after?: number; limit?: number } = {},
  ): Promise<LogView> {
    return this.#calls.get(["tasks", task, "log"], { ...options, query: { after, limit } });
  }

  /** Why it does not start, by the rules that grant slots. */
  explain(task: string, options: CallOptions = {}): Promise<ExplainView> {
    return this.#calls.get(["tasks", task, "explain"], options);
  }

  /** Whether it is safe yet: who still runs in a scope, and until when. What is left out matches all. */
  clearance(scope: Partial<HoldScope> = {}, options: CallOptions = {}): Promise<ClearanceView> {
    return this.#calls.get(["clearance"], { ...options, query: scopeQuery(scope) });
  }

  /**
   * Whether it is safe yet, again and again until it is: the last one is. The tasks that run there tell when they end; and it is
   * looked every ten seconds, for what no task tells.
   */
  followClearance(
    subject: ClearanceSubject,
    { signal: outerSignal }: CallOptions = {},
  ): AsyncGenerator<ClearanceView, void> {
    const look = (signal: AbortSignal): Promise<ClearanceView> => {
      const options = { signal, retries: followRule };
      return "hold" in subject
        ? this.holds.clearance(subject.hold, options)
        : this.clearance(subject.scope, options);
    };
    return followClearance(this.#events, look, outerSignal);
  }

  /** States and growth of the log as they change, until the task has ended. Comes back by itself after a lost connection. */
  events(task: string, { signal }: CallOptions = {}): AsyncGenerator<TaskEvent, void> {
    return taskEvents(this.#events, task, signal ?? new AbortController().signal);
  }

  /** States, log and the reasons for waiting in one order, until the task has ended. */
  follow(task: string, options: FollowOptions = {}): AsyncGenerator<TaskNews, void> {
    return followTask(this.#events, this.#reader, task, options);
  }

  /** The lines of the log as they are written, until the task has ended. */
  async *followLog(
    task: string,
    options: CallOptions & { readonly after?: number } = {},
  ): AsyncGenerator<LogLineView, void> {
    for await (const news of this.follow(task, { ...options, log: true })) {
      if (news.type === "line") yield news.line;
    }
  }

  /** Resolves with the task when it has ended, or is parked. Waits for hours if need be, without polling. */
  async waitFor(task: string, options: WaitOptions = {}): Promise<TaskView> {
    for await (const news of this.follow(task, { signal: options.signal })) {
      if (news.type !== "state") continue;
      options.onChange?.(news.state);
      if (isEndState(news.state) || (news.state === "parked" && options.throughParked !== true)) break;
    }
    return this.task(task, { signal: options.signal, retries: followRule });
  }

  /** Asks for it to end; a running one has a grace to end by itself. Like its siblings it resolves with the task as it is then. */
  cancel(
    task: string,
    {
      signal,
      ...order
    }: CallOptions & { readonly by?: string | undefined; readonly reason?: string | undefined } = {},
  ): Promise<TaskView> {
    return this.#command(task, "cancel", order, signal, ["task_ended"]);
  }

  /** `top`: before all others that wait. */
  prioritize(task: string, priority: PriorityClass, { signal }: CallOptions = {}): Promise<TaskView> {
    return this.#command(task, "prioritize", { priority }, signal, []);
  }

  /** Sends a parked task back to the place in the line that it had. */
  release(
    task: string,
    { signal, ...order }: CallOptions & { readonly by?: string | undefined } = {},
  ): Promise<TaskView> {
    return this.#command(task, "release", order, signal, ["task_not_parked"]);
  }

  /** Ends a parked task for good. */
  discard(
    task: string,
    {
      signal,
      ...order
    }: CallOptions & { readonly by?: string | undefined; readonly reason?: string | undefined } = {},
  ): Promise<TaskView> {
    return this.#command(task, "discard", order, signal, ["task_ended", "task_not_parked"]);
  }

  /** Says how a parked task ended, for who has looked at the machine. The reason is kept with the result. */
  decide(
    task: string,
    {
      signal,
      ...order
    }: CallOptions & {
      readonly result: "succeeded" | "failed";
      readonly reason: string;
      readonly by?: string | undefined;
    },
  ): Promise<TaskView> {
    return this.#command(task, "decide", order, signal, ["task_ended", "task_not_parked"]);
  }

  /** `doneBefore`: refusals that, after a repetition, only tell that the first one did arrive. */
  async #command(
    task: string,
    verb: string,
    body: unknown,
    signal: AbortSignal | undefined,
    doneBefore: readonly string[],
  ): Promise<TaskView> {
    try {
      return await this.#calls.post<TaskView>(["tasks", task, verb], { body, signal });
    } catch (error) {
      const repeated = error instanceof BerthRequestError && error.attempts > 1;
      if (!repeated || !doneBefore.includes(error.code)) throw error;
      return this.task(task, { signal });
    }
  }

  get #reader(): TaskReader {
    return {
      logPage: (task, after, signal) => this.log(task, { after, signal, retries: followRule }),
      explain: (task, signal) =>
        this.#calls.get(["tasks", task, "explain"], { signal, retries: { attempts: 1 } }),
    };
  }
}
