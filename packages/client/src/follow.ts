import type { ExplainView, LogLineView, LogView, TaskEvent, TaskState } from "@berth/protocol";
import { BerthRequestError } from "./error.ts";
import { Mailbox } from "./mailbox.ts";
import { isEndState } from "./states.ts";
import { type TaskEventSource, taskEvents } from "./task-events.ts";
import { TasksInTheWay } from "./tasks-in-the-way.ts";

/** What a follower of a task learns, in the order in which a person wants to read it. */
export type TaskNews =
  /** A state other than the one before; the first is the present one. */
  | { readonly type: "state"; readonly state: TaskState }
  | { readonly type: "line"; readonly line: LogLineView }
  /** Why it waits, whenever that is not what it was before. */
  | { readonly type: "explanation"; readonly explanation: ExplainView }
  /** The server cannot be reached for now. It is tried again, and nothing is missed when it comes back. */
  | { readonly type: "connection lost"; readonly error: BerthRequestError };

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** With the lines of its log, from the first one after the position `after`. */
  readonly log?: boolean;
  readonly after?: number;
  /** With why it waits, as long as it waits. */
  readonly explanations?: boolean;
}

/** What the follower reads besides the events. */
export interface TaskReader {
  logPage(task: string, after: number, signal: AbortSignal): Promise<LogView>;
  explain(task: string, signal: AbortSignal): Promise<ExplainView>;
}

type Sign =
  | { readonly type: "event"; readonly state: TaskState; readonly log: boolean }
  | { readonly type: "something in the way moved" }
  | Extract<TaskNews, { type: "connection lost" }>;

/**
 * Follows a task until it has ended. Nothing is polled: the server tells of each change, and what has gathered while the
 * reader was busy is answered with one read of the log.
 */
export async function* followTask(
  source: TaskEventSource,
  reader: TaskReader,
  task: string,
  options: FollowOptions,
): AsyncGenerator<TaskNews, void> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const mailbox = new Mailbox<Sign>();
  const inTheWay = new TasksInTheWay(source, signal, () =>
    mailbox.put({ type: "something in the way moved" }),
  );
  const view = new FollowedTask(reader, task, options, signal);
  const onLost = (error: BerthRequestError): void => mailbox.put({ type: "connection lost", error });
  void pump(taskEvents(source, task, signal, onLost), mailbox);
  try {
    while (!view.ended) {
      yield* view.takeIn(await mailbox.take());
      inTheWay.follow(view.tasksInTheWay);
    }
  } finally {
    stop.abort();
  }
}

async function pump(events: AsyncIterable<TaskEvent>, mailbox: Mailbox<Sign>): Promise<void> {
  try {
    for await (const { state, log } of events) mailbox.put({ type: "event", state, log });
  } catch (error) {
    mailbox.fail(error);
  }
}

/** What is known of the task so far. */
class FollowedTask {
  readonly #reader: TaskReader;
  readonly #task: string;
  readonly #options: FollowOptions;
  readonly #signal: AbortSignal;
  #state: TaskState | undefined;
  #position: number;
  #explanation: ExplainView | undefined;

  constructor(reader: TaskReader, task: string, options: FollowOptions, signal: AbortSignal) {
    this.#reader = reader;
    this.#task = task;
    this.#options = options;
    this.#signal = signal;
    this.#position = options.after ?? 0;
  }

  get ended(): boolean {
    return this.#state !== undefined && isEndState(this.#state);
  }

  /** Empty as soon as it waits no more. */
  get tasksInTheWay(): ReadonlySet<string> {
    if (this.#state !== "waiting") return new Set();
    const causes = this.#explanation?.legs.flatMap((leg) => leg.causes) ?? [];
    return new Set(causes.flatMap((cause) => cause.blockers.flatMap(({ task }) => task ?? [])));
  }

  /** The log comes before the end of its task, whatever was heard first. */
  async *takeIn(signs: readonly Sign[]): AsyncGenerator<TaskNews, void> {
    const events = signs.filter((sign) => sign.type === "event");
    const logGrew = events.some(({ log, state }) => log || isEndState(state));
    const end = events.find(({ state }) => isEndState(state));
    yield* signs.filter((sign) => sign.type === "connection lost");
    for (const { state } of events) {
      if (!isEndState(state)) yield* this.#become(state);
    }
    if (this.#options.log === true && logGrew) yield* this.#newLines();
    if (end !== undefined) yield* this.#become(end.state);
    if (this.#options.explanations === true && this.#state === "waiting") yield* this.#newExplanation();
  }

  *#become(state: TaskState): Generator<TaskNews, void> {
    if (state === this.#state) return;
    this.#state = state;
    yield { type: "state", state };
  }

  /** Until there is an empty page: a short one may be as much as the server wants to give at once. */
  async *#newLines(): AsyncGenerator<TaskNews, void> {
    for (;;) {
      const page = await this.#reader.logPage(this.#task, this.#position, this.#signal);
      for (const line of page.lines) yield { type: "line", line };
      this.#position = page.next;
      if (page.complete || page.lines.length === 0) return;
    }
  }

  /** To know why is good, but no reason to stop following when the answer fails. */
  async *#newExplanation(): AsyncGenerator<TaskNews, void> {
    const explanation = await this.#reader.explain(this.#task, this.#signal).catch((error: unknown) => {
      if (error instanceof BerthRequestError) return undefined;
      throw error;
    });
    // It waits no longer: that news is on its way.
    if (explanation?.state !== "waiting") return;
    if (JSON.stringify(explanation) === JSON.stringify(this.#explanation)) return;
    this.#explanation = explanation;
    yield { type: "explanation", explanation };
  }
}
