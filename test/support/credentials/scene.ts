// Berth on a RabbitMQ of its own: dispatcher and API as the server's user, and tentacles as users that `berth target add` has made.
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "@berth/api";
import { type Broker, createInboxClient, type InboxClient } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { BerthClient } from "@berth/client";
import { Dispatcher } from "@berth/dispatcher";
import type { OopsRecord } from "@berth/engine";
import { type Topology, topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";
import { createTentacle, type Tentacle } from "@berth/tentacle";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { berth, jsonOf } from "../../cli/berth.ts";
import { openRabbitmq } from "../servers/open.ts";
import type { RabbitmqOptions, RabbitmqServer } from "../servers/rabbitmq.ts";

export const space = "default";
export const prefix = "berth";

/** What `berth target add` says that a tentacle needs. */
export type TentacleEnvironment = Readonly<Record<`BERTH_${"AMQP_URL" | "TENTACLE" | "TARGETS"}`, string>>;

export class CredentialsScene {
  readonly names: Topology = topology(prefix);
  readonly rabbitmq: RabbitmqServer;
  readonly store: Store = createSqliteStore({ path: ":memory:", durability: "memory" });
  readonly log: string[] = [];
  readonly #logger: Logger = pino({ level: "info" }, { write: (line) => void this.log.push(line) });
  readonly #broker: Broker;
  readonly #inbox: InboxClient;
  readonly #dispatcher: Dispatcher;
  readonly #app: FastifyInstance;
  readonly #ends: (() => Promise<unknown>)[] = [];

  static async open(options: RabbitmqOptions = {}): Promise<CredentialsScene> {
    const scene = new CredentialsScene(await openRabbitmq({ ...options, management: true }));
    await scene.store.start();
    await scene.#broker.start();
    await scene.#dispatcher.start();
    await scene.#inbox.start();
    await scene.#app.listen({ host: "127.0.0.1", port: 0 });
    return scene;
  }

  private constructor(rabbitmq: RabbitmqServer) {
    this.rabbitmq = rabbitmq;
    const { store, names } = this;
    const broker = createRabbitmqBroker({ url: rabbitmq.url });
    this.#broker = broker;
    const parts = { broker, topology: names, logger: this.#logger };
    this.#dispatcher = new Dispatcher({
      ...{ ...parts, space, owner: newItemId(), store, newId: newItemId },
      settings: { serverUsers: ["guest"], engine: { leaseMs: 3_000 } },
    });
    this.#inbox = createInboxClient({
      ...parts,
      client: "api",
      answerTimeoutMs: 10_000,
      brokerUser: "guest",
    });
    const api = { inbox: this.#inbox, store, spaces: [space], logger: this.#logger, clock: Date.now };
    this.#app = buildApp(api);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#app.server.address() as AddressInfo).port}`;
  }

  get client(): BerthClient {
    return new BerthClient({ url: this.url, space });
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
    await this.#app.close();
    await this.#inbox.stop();
    await this.#dispatcher.stop();
    await this.#broker.stop();
    await this.store.stop();
    await this.rabbitmq.stop();
  }

  /** With its user made by the command, over the management API. */
  async addTarget(target: string, ...options: string[]): Promise<TentacleEnvironment> {
    const places = ["--management", this.rabbitmq.managementUrl ?? "", "--broker", this.rabbitmq.url];
    const ran = await berth({ url: this.url }, "target", "add", target, ...places, ...options, "--json");
    if (ran.exitCode !== 0) throw new Error(ran.err.join("\n"));
    return (jsonOf(ran) as { access: { environment: TentacleEnvironment } }).access.environment;
  }

  /** A tentacle that has opened its session, with what the command said that it needs. */
  async tentacle({
    BERTH_AMQP_URL: url,
    BERTH_TENTACLE: name,
    BERTH_TARGETS: targets,
  }: TentacleEnvironment): Promise<Tentacle> {
    const workspace = await mkdtemp(join(tmpdir(), "berth-credentials-"));
    const broker = createRabbitmqBroker({ url, restricted: true, logger: this.#logger });
    const tentacle = createTentacle({
      ...{
        broker,
        topologyPrefix: prefix,
        space,
        name,
        version: "1",
        targets: targets.split(","),
        capacity: 4,
      },
      ...{
        logger: this.#logger,
        workspace,
        brokerUser: decodeURIComponent(new URL(url).username),
      },
    });
    this.#ends.push(async () => {
      await tentacle.stop({ deadlineMs: 0 });
      await broker.stop();
      await rm(workspace, { recursive: true, force: true, maxRetries: 20 });
    });
    await broker.start();
    await tentacle.start();
    return tentacle;
  }

  async refusals(): Promise<readonly OopsRecord[]> {
    const { items } = await this.store.oops(space, { cursor: null, limit: 100 });
    return items.filter(({ type }) => type === "SenderRefused");
  }

  /** Runs a line as the command prints it, with that password where it asks for one. */
  async runLine(line: string, password: string): Promise<void> {
    const [tool, ...words] = wordsOf(line);
    if (tool !== "rabbitmqctl") throw new Error(`not a line for rabbitmqctl: ${line}`);
    if (!line.includes("add_user")) await this.rabbitmq.ctl(...words);
    else await this.rabbitmq.ctl(...words, password);
  }
}

/** As a shell takes it apart. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}
