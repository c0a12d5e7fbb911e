// A dispatcher on the real broker and the real store that are built in, and those who talk to it.
import type { Broker, IncomingMessage } from "@berth/broker";
import { createMemoryBroker, type MemoryBroker } from "@berth/broker/memory";
import {
  Dispatcher,
  type DispatcherSettings,
  type DispatcherSetup,
  Dispatchers,
  type DispatchersSetup,
  realTiming,
  type Timing,
} from "@berth/dispatcher";
import type { OopsRecord } from "@berth/engine";
import { type Submission, type TaskState, type Topology, topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import pino from "pino";
import { onTestFinished } from "vitest";
import { eventually } from "../eventually.ts";
import { Arrivals } from "./arrivals.ts";
import { ForgetfulStore } from "./forgetful-store.ts";
import { InboxUser, InboxWorker, type ItemWish, space } from "./inbox-user.ts";
import {
  Journal,
  type PublishRule,
  type WatchedStore,
  watchedBroker,
  watchedStore,
} from "./watched-ports.ts";

export interface DispatcherWish {
  readonly owner?: string;
  /** The broker's user whose connection it has. */
  readonly user?: string;
  readonly settings?: Partial<DispatcherSettings>;
  readonly clock?: () => number;
  /** In place of `clock`, and all else that has to do with time. */
  readonly timing?: Timing;
  /** In place of what the scene has. */
  readonly store?: Store;
  readonly onTake?: (message: IncomingMessage) => void;
  /** Sees each queue that it declares before the broker does. */
  readonly onDeclare?: (queue: string) => void;
}

export type SharingWish = Pick<DispatchersSetup, "spaces" | "hesitationMsMax" | "balanceMs">;

export interface LoggedLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Short enough that a test need not wait, and without a bearing on what is tested. */
const retryMs = 5;

export class DispatcherScene extends Arrivals {
  readonly names: Topology = topology("test");
  readonly server: MemoryBroker = createMemoryBroker();
  readonly journal: Journal = new Journal();
  readonly forgetful: ForgetfulStore = new ForgetfulStore();
  /** Without a journal, for the test to read. */
  readonly store: Store = this.forgetful.store;
  readonly watched: WatchedStore = watchedStore(this.store, this.journal);
  readonly log: LoggedLine[] = [];
  /** For whatever the dispatchers send from now on. */
  onPublish: PublishRule = (_message, pass) => pass();
  readonly #lossListeners: (() => void)[] = [];
  readonly #connections: Broker[] = [];
  readonly #dispatchers: (Dispatcher | Dispatchers)[] = [];
  readonly #cuts: (() => Promise<void>)[] = [];

  /** A scene whose dispatcher owns the space, and has a target. All of it is cleaned up at the end of the test. */
  static async open(wish: DispatcherWish = {}): Promise<DispatcherScene> {
    const scene = await DispatcherScene.prepare();
    await scene.dispatcher(wish).start();
    const user = await scene.user("setup", wish.user);
    await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    return scene;
  }

  /** The same without a dispatcher. */
  static async prepare(): Promise<DispatcherScene> {
    const scene = new DispatcherScene();
    await scene.store.start();
    onTestFinished(() => scene.#close());
    return scene;
  }

  async #close(): Promise<void> {
    for (const dispatcher of this.#dispatchers) await dispatcher.stop();
    for (const connection of this.#connections) await connection.stop();
    await this.store.stop();
  }

  /** A dispatcher that is not started, with a connection of its own. */
  dispatcher(wish: DispatcherWish = {}): Dispatcher {
    const dispatcher = new Dispatcher({ ...this.#setupOf(wish), space });
    this.#dispatchers.push(dispatcher);
    return dispatcher;
  }

  /** A process that shares these spaces with others; not started. */
  dispatchers(wish: DispatcherWish & SharingWish): Dispatchers {
    const { spaces, hesitationMsMax = 0, balanceMs = 5 } = wish;
    const dispatchers = new Dispatchers({ ...this.#setupOf(wish), spaces, hesitationMsMax, balanceMs });
    this.#dispatchers.push(dispatchers);
    return dispatchers;
  }

  #setupOf({
    owner = "owner-1",
    user,
    settings,
    clock,
    timing = clock && { ...realTiming, now: clock, elapsed: clock },
    store,
    onTake = () => {},
    onDeclare = () => {},
  }: DispatcherWish): Omit<DispatcherSetup, "space"> {
    const connection = this.server.connect(user === undefined ? {} : { userId: user });
    this.#connections.push(connection);
    void connection.start();
    const stream = { write: (line: string) => this.#logLine(JSON.parse(line)) };
    return {
      ...{ owner, topology: this.names, newId: newItemId },
      broker: watchedBroker(connection, this.journal, {
        onPublish: (message, pass) => this.onPublish(message, pass),
        onListen: (listener) => this.#lossListeners.push(listener),
        onTake,
        onDeclare,
      }),
      store: this.#severable(store ?? this.watched.store, connection),
      logger: pino({ level: "debug" }, stream).child({ owner }),
      settings: { retryMs, waitMs: retryMs, ...settings },
      ...(timing && { timing }),
    };
  }

  #severable(store: Store, connection: Broker): Store {
    let isCut = false;
    this.#cuts.push(async () => {
      isCut = true;
      await connection.stop();
    });
    return new Proxy(store, {
      get: (target, key) => (isCut ? () => new Promise(() => {}) : Reflect.get(target, key)),
    });
  }

  /** As if the processes of all dispatchers so far were killed: nothing of them gets anywhere any more. */
  async cut(): Promise<void> {
    this.#dispatchers.length = 0;
    for (const cut of this.#cuts.splice(0)) await cut();
  }

  /** The broker says that it may have lost what is not persistent. */
  loseMessages(): void {
    for (const listener of this.#lossListeners) listener();
  }

  /** Resolves when that target has a queue. */
  async untilQueue(target: string): Promise<void> {
    const connection = await this.connect();
    await eventually(`a queue of ${target}`, () => connection.inspectQueue(this.names.target(space, target)));
  }

  #logLine(line: LoggedLine): void {
    this.log.push(line);
    this.announce();
  }

  /** Resolves when a line with that text was logged. */
  logged(text: string): Promise<LoggedLine> {
    return this.until(() => this.log.find(({ msg }) => msg.includes(text)));
  }

  async connect(user?: string): Promise<Broker> {
    const connection = this.server.connect(user === undefined ? {} : { userId: user });
    this.#connections.push(connection);
    await connection.start();
    return connection;
  }

  /** A connection whose messages are in the journal, as those of a dispatcher. */
  async watchedConnection(): Promise<Broker> {
    const rules = { onPublish: this.onPublish, onListen: () => {}, onTake: () => {}, onDeclare: () => {} };
    return watchedBroker(await this.connect(), this.journal, rules);
  }

  async user(name: string, brokerUser?: string): Promise<InboxUser> {
    const user = new InboxUser(await this.connect(brokerUser), this.names, this.names.replies(name));
    user.brokerUser = brokerUser ?? null;
    await user.listen();
    return user;
  }

  /** With an open session. */
  async worker(...targets: string[]): Promise<InboxWorker> {
    const worker = new InboxWorker(await this.connect(), this.names, newItemId());
    await worker.open(targets.length === 0 ? ["web-1"] : targets);
    return worker;
  }

  async stateOf(task: string): Promise<TaskState | null> {
    return (await this.store.task(space, task))?.task.status.state ?? null;
  }

  /** Resolves when a commit has left the task in that state. */
  async untilState(task: string, state: TaskState): Promise<void> {
    for (let seen = -1; ; ) {
      if ((await this.stateOf(task)) === state) return;
      await this.journal.until(() => this.journal.ofType("settled").length > seen);
      seen = this.journal.ofType("settled").length;
    }
  }

  async oops(): Promise<readonly OopsRecord[]> {
    return (await this.store.oops(space, { cursor: null, limit: 1000 })).items;
  }
}

/** A task as it comes into the inbox. */
export function submission(id: string, wish: Partial<Submission> = {}): Submission {
  return {
    ...{ id, kind: "job", name: "shop", targets: ["web-1"], mutex: "script", priority: "normal", digest: "" },
    ...{ notBefore: null, queueExpiresAt: null, timeoutMs: null, estimateMs: null, cancelGraceMs: null },
    plan: null,
    payload: {
      ...{ script: { interpreter: "bash", text: "true", arguments: [] }, handler: null, variables: {} },
      ...{ steps: [], labels: {}, requestedBy: null },
    },
    ...wish,
  };
}

export function submit(id: string, wish: Partial<Submission> = {}): ItemWish {
  return { type: "submit", task: submission(id, wish) };
}
