// The API in front of a real dispatcher, on the broker and the store that are built in. Requests need no socket.

import { type ApiSetup, buildApp } from "@berth/api";
import { type Broker, createInboxClient, type InboxClient } from "@berth/broker";
import { createMemoryBroker, type MemoryBroker } from "@berth/broker/memory";
import { Dispatcher, type DispatcherSettings } from "@berth/dispatcher";
import {
  type AttemptReport,
  Delivery,
  ErrorBody,
  type InboxItem,
  type TaskState,
  type Topology,
  topology,
} from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";
import type { FastifyInstance, InjectOptions } from "fastify";
import pino, { type Logger } from "pino";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it is about.
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface ApiSceneOptions {
  readonly api?: Partial<ApiSetup>;
  readonly engine?: DispatcherSettings["engine"];
  /** What would own the space; left out: a real dispatcher. */
  readonly owner?: "none";
  readonly answerTimeoutMs?: number;
}

export class ApiScene {
  readonly names: Topology = topology("test");
  readonly server: MemoryBroker = createMemoryBroker();
  /** What was logged, as pino writes it. */
  readonly logged: Record<string, unknown>[] = [];
  readonly logger: Logger = pino(
    { level: "debug" },
    { write: (line) => void this.logged.push(JSON.parse(line)) },
  );
  readonly store: Store = createSqliteStore({ path: ":memory:", durability: "memory" });
  readonly broker: Broker = this.server.connect();
  readonly inbox: InboxClient;
  readonly app: FastifyInstance;
  readonly #dispatcher: Dispatcher | null;

  private constructor({ api, engine = {}, owner, answerTimeoutMs = 10_000 }: ApiSceneOptions) {
    const { broker, names, store, logger } = this;
    this.inbox = createInboxClient({ broker, topology: names, client: "api", answerTimeoutMs, logger });
    this.#dispatcher =
      owner === "none"
        ? null
        : new Dispatcher({
            ...{ space: "default", owner: "dispatcher-1", broker, store, topology: names, newId: newItemId },
            ...{ logger: pino({ level: "silent" }), settings: { engine, retryMs: 5 } },
          });
    this.app = buildApp({ inbox: this.inbox, store, spaces: ["default"], logger, clock: Date.now, ...api });
  }

  static async open(options: ApiSceneOptions = {}): Promise<ApiScene> {
    const scene = new ApiScene(options);
    await scene.store.start();
    await scene.broker.start();
    await scene.inbox.start();
    await scene.#dispatcher?.start();
    await scene.app.ready();
    return scene;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.#dispatcher?.stop();
    await this.inbox.stop();
    await this.broker.stop();
    await this.store.stop();
  }

  /** `call`: a method and an address, e.g. `GET /v1/default/tasks`. */
  async call(call: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send(call, { headers, ...(body === undefined ? {} : { payload: body }) });
  }

  async send(call: string, options: InjectOptions): Promise<Answer> {
    const [method, url] = call.split(" ");
    const response = await this.app.inject({
      ...options,
      method: method as NonNullable<InjectOptions["method"]>,
      url: url ?? "",
    });
    const text = response.body;
    const body = text === "" || !text.startsWith("{") ? text : JSON.parse(text);
    // Whatever goes wrong, it goes wrong in the form that is documented.
    if (response.statusCode >= 400) ErrorBody.parse(body);
    return { status: response.statusCode, body, headers: response.headers };
  }

  /** Makes a target and enqueues a task on it; its id. */
  async enqueue(task: object, target = "web-1"): Promise<string> {
    await this.call(`PUT /v1/default/targets/${target}`);
    const { body } = await this.call("POST /v1/default/tasks", { target, ...task });
    return body.id;
  }

  /** Resolves when the task is in that state. */
  async until(task: string, state: TaskState): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = async (): Promise<void> => {
      if ((await this.store.task("default", task))?.task.status.state === state) resolve();
    };
    const stop = this.inbox.watch("default", task, () => look().catch(reject));
    await promise;
    stop();
  }

  /** Opens a session that takes what comes to these targets. */
  async serve(...targets: string[]): Promise<Worker> {
    const session = newItemId();
    const opening = {
      tentacle: "tentacle-1",
      version: "1.0.0",
      capacity: 10,
      succeeds: [],
      knows: [],
      session,
      targets,
    };
    await this.inbox.request("default", { type: "session.open", id: newItemId(), ...opening });
    const worker = new Worker(this.broker, this.names, session);
    for (const target of targets) {
      // A target that nobody has made has no queue, and may be served all the same.
      if ((await this.broker.inspectQueue(this.names.target("default", target))) === null) continue;
      await this.broker.consume(this.names.target("default", target), { prefetch: 10 }, (message) => {
        message.ack();
        worker.take(Delivery.parse(JSON.parse(message.body.toString())));
      });
    }
    return worker;
  }
}

/** A session whose every step is that of the test. */
class Worker {
  readonly session: string;
  readonly #broker: Broker;
  readonly #inbox: string;
  readonly #deliveries: Delivery[] = [];
  readonly #waiting: ((delivery: Delivery) => void)[] = [];

  constructor(broker: Broker, names: Topology, session: string) {
    this.#broker = broker;
    this.#inbox = names.inbox("default");
    this.session = session;
  }

  take(delivery: Delivery): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#deliveries.push(delivery);
    else waiting(delivery);
  }

  async delivery(): Promise<Delivery> {
    const delivery = this.#deliveries.shift();
    return delivery ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  async report({ task, leg, attempt, token }: Delivery, ...reports: AttemptReport[]): Promise<void> {
    const items: InboxItem[] = reports.map((report) => {
      return { type: "report", id: newItemId(), session: this.session, task, leg, attempt, token, report };
    });
    const body = Buffer.from(JSON.stringify({ v: 1, replyTo: null, items }));
    await this.#broker.publish({ queue: this.#inbox, body, persistent: true });
  }
}
