// What a chaos run happens in: the real stack on servers of its own, clients that work on it, and a record of all that was done to it.
import { fileURLToPath } from "node:url";
import { type Broker, createInboxClient, type InboxClient } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { type TaskRequestInput, type TaskView, type Topology, topology } from "@berth/protocol";
import { collect } from "../support/collect.ts";
import type { Forgotten } from "../support/crash/forgotten.ts";
import { type Chance, Load } from "../support/crash/load.ts";
import { eventually } from "../support/eventually.ts";
import { seededChance } from "../support/seeded-chance.ts";
import type { StackPart } from "../support/stack/part.ts";
import { Stack } from "../support/stack/stack.ts";
import type { Disturbance } from "./laws/bypass.ts";
import type { StaleReport } from "./laws/fencing.ts";
import type { Regrant } from "./laws/freed-in-time.ts";
import type { SeenEnd } from "./laws/truth.ts";
import { Requests, tentacles } from "./requests.ts";
import { InsistentServer } from "./server.ts";
import { ChaosServers } from "./servers.ts";

const handlersFile = fileURLToPath(new URL("../support/crash/handlers.ts", import.meta.url));
const prefix = "berth";
const burstMax = 4;
/** The most that there may be between an order to a server of 2 cores and its effect. */
const patienceMs = 60_000;

export class ChaosWorld {
  readonly leaseMs: number;
  readonly servers: ChaosServers;
  readonly stack: Stack;
  readonly server: InsistentServer;
  readonly requests: Requests;
  readonly topology: Topology = topology(prefix);
  /** A connection of the server's own user, to send what should never be sent. */
  readonly broker: Broker;
  readonly inbox: InboxClient;
  readonly loads: Load[] = [];
  readonly disturbances: Disturbance[] = [];
  readonly forgotten: Forgotten[] = [];
  /** Tasks that had ended so long before the store lost everything that nobody had them in memory. */
  readonly forgettable: Set<string> = new Set();
  readonly regrants: Regrant[] = [];
  /** Whether what is killed has to be replaced in time: not while something else is broken, too. */
  isInTime = true;
  readonly staleReports: StaleReport[] = [];
  #anchors = 0;

  private constructor(servers: ChaosServers, stack: Stack, leaseMs: number) {
    this.leaseMs = leaseMs;
    this.servers = servers;
    this.stack = stack;
    this.server = new InsistentServer(() => stack.api.url, stack.space);
    this.requests = new Requests(stack.evidence);
    this.broker = createRabbitmqBroker({ url: servers.rabbitmq.url, connectionName: "chaos" });
    this.inbox = createInboxClient({
      ...{ broker: this.broker, topology: this.topology, client: "chaos", brokerUser: "guest" },
      answerTimeoutMs: 5_000,
    });
  }

  /** Whoever opens it has to close it. */
  static async open(leaseMs = 2_000): Promise<ChaosWorld> {
    const servers = await ChaosServers.open();
    try {
      const stack = await Stack.open({
        servers: { amqpUrl: servers.rabbitmq.url, redisUrl: servers.redisUrl, prefix },
        ...{ tentacles, leaseMs, ownerLeaseMs: leaseMs },
        environment: { BERTH_HANDLERS: handlersFile },
      });
      const world = new ChaosWorld(servers, stack, leaseMs);
      await world.broker.start();
      await world.inbox.start();
      return world;
    } catch (error) {
      await servers.close();
      throw error;
    }
  }

  get space(): string {
    return this.stack.space;
  }

  /** Clients that work until `stop`. Their names, and so their keys, are their own. */
  startLoad(name: string, seed: number, clients: number): { load: Load; stop: () => Promise<void> } {
    const load = new Load(this.server, {
      request: (key, chance) => this.requests.draw(key, chance),
      afterwards: (task, chance) => this.#afterwards(task, chance),
      burstMax,
    });
    this.loads.push(load);
    const working = Promise.all(
      Array.from({ length: clients }, (_, index) =>
        load.client(`${name}-${index}`, seededChance(seed + index)),
      ),
    );
    // Its failure is that of the run, whichever promise is awaited first.
    working.catch(() => {});
    const stop = async (): Promise<void> => {
      load.stop();
      await working;
    };
    return { load, stop };
  }

  /** Some are cancelled, at whatever time. What it is told then does not matter. */
  async #afterwards(task: string, chance: Chance): Promise<void> {
    if (chance() > 0.08) return;
    const { server } = this;
    const cancel = server.insist((client) => client.cancel(task, { by: "ada", reason: "changed her mind" }));
    await cancel.catch(() => undefined);
  }

  /** A load of the run's own tasks: the clients' names are theirs. */
  get own(): Load {
    const [first] = this.loads;
    if (first === undefined) throw new Error("no load was started");
    return first;
  }

  newKey(what: string): string {
    this.#anchors += 1;
    return `${what}-${this.#anchors}`;
  }

  /** Law 10 is looked at where it can be kept. */
  noteRegrant(regrant: Omit<Regrant, "leaseMs">): void {
    if (this.isInTime) this.regrants.push({ ...regrant, leaseMs: this.leaseMs });
  }

  /** What was asked for, by the id of the task. */
  get requested(): Map<string, TaskRequestInput> {
    return new Map(this.loads.flatMap((load) => [...load.answered]));
  }

  /** How tasks had ended when somebody first heard of it. */
  get seenEnds(): Map<string, SeenEnd> {
    return new Map(this.loads.flatMap((load) => [...load.ends]));
  }

  get answered(): Set<string> {
    return new Set(this.loads.flatMap((load) => [...load.answered.keys()]));
  }

  /** All there are now; how they ended is remembered. */
  async tasks(): Promise<TaskView[]> {
    const tasks = await this.server.insist((client) => collect(client.eachTask({ limit: 1000 })));
    const load = this.loads.at(-1);
    if (load !== undefined) for (const task of tasks) load.saw(task);
    return tasks;
  }

  /** Resolves when the API says that it cannot serve: clients ask in vain from now on. */
  async untilNoticed(): Promise<void> {
    const { api } = this.stack;
    await eventually("the API notices", async () => !(await api.readiness()).isReady, patienceMs);
  }

  /** Resolves when so many more tasks were answered. */
  async workOn(more = 20): Promise<void> {
    const before = this.answered.size;
    await eventually(
      `${more} more tasks were answered`,
      () => this.answered.size >= before + more,
      patienceMs,
    );
  }

  /** Notes what is broken while `breakIt` goes on, and some time after it. */
  async disturbed<Value>(breakIt: () => Promise<Value>): Promise<Value> {
    const from = Date.now();
    const open = { from, until: Number.POSITIVE_INFINITY };
    this.disturbances.push(open);
    try {
      return await breakIt();
    } finally {
      const until = Date.now() + 2 * this.leaseMs;
      this.disturbances[this.disturbances.indexOf(open)] = { from, until };
    }
  }

  /** Every part runs and is ready, and a task goes all the way through. */
  async untilWell(): Promise<void> {
    await this.stack.start();
    await Promise.all(this.stack.parts.map((part) => part.untilReady(patienceMs)));
    const load = this.loads.at(-1) ?? this.own;
    for (const target of Object.values(tentacles).flat()) {
      const key = this.newKey("probe");
      const id = await load.enqueue({ kind: "health-check", name: key, target, idempotencyKey: key });
      await load.settled(id);
    }
  }

  /** After something went wrong in the run itself: whatever does not run is started. */
  async mend(): Promise<void> {
    await this.servers.mend();
    for (const part of this.stack.parts) if (part.isUp) part.thaw();
    await this.stack.start();
  }

  /** How the space went on: whoever owns it now and did not before. */
  async untilHeir(former: StackPart): Promise<StackPart> {
    return await eventually(
      "another dispatcher owns the space",
      () => {
        const owner = this.stack.ownerOf();
        return owner !== null && owner !== former && owner;
      },
      patienceMs,
    );
  }

  /** Resolves when an OOPS of that type tells of something since then. */
  async untilOops(type: string, since: number): Promise<void> {
    await eventually(
      `an OOPS of type ${type}`,
      async () => {
        const { items } = await this.server.insist((client) => client.oops.page({ limit: 200 }));
        return items.some((oops) => oops.type === type && Date.parse(oops.at) >= since);
      },
      patienceMs,
    );
  }

  async close(): Promise<void> {
    this.server.close();
    await this.inbox.stop();
    await this.broker.stop();
    await this.stack.close();
    await this.servers.close();
  }
}
