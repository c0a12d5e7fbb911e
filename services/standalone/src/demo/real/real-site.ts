import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BerthClient } from "@berth/client";
import { brokerVariables, readEnvironment, storeVariables } from "@berth/process";
import { ServiceProcess } from "@berth/process/child";
import type { RunningSite } from "../site.ts";
import { target } from "../stage.ts";
import { removeTraces } from "./traces.ts";

type ServiceName = "api" | "dispatcher" | "tentacle";

const space = "default";
const stopMsMax = 20_000;

/** Every part of Berth as its own process, on RabbitMQ and Redis, under a prefix of its own. `folder` is its own. */
export class RealSite implements RunningSite {
  readonly tool: string;
  url = "";
  readonly description =
    "on RabbitMQ and Redis; two dispatchers, the API and two tentacles are processes of their own";
  readonly #folder: string;
  readonly #servers: { readonly amqpUrl: string; readonly redisUrl: string; readonly prefix: string };
  readonly #shared: Readonly<Record<string, string>>;
  readonly #processes = new Set<ServiceProcess>();
  /** By name. */
  readonly #tentacles = new Map<string, ServiceProcess>();
  /** All that tentacles have had, as they logged. */
  readonly #sessions: string[] = [];
  #stopped: Promise<void> | null = null;

  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    const { BERTH_AMQP_URL, BERTH_QUEUE_TYPE } = readEnvironment(brokerVariables, environment);
    const { BERTH_REDIS_URL, BERTH_DURABILITY } = readEnvironment(storeVariables, environment);
    const prefix = `berth-demo-${randomBytes(4).toString("hex")}`;
    this.#folder = folder;
    this.tool = join(folder, "tool");
    this.#servers = { amqpUrl: BERTH_AMQP_URL, redisUrl: BERTH_REDIS_URL, prefix };
    // The story provokes failures, and tells of them itself.
    const usual = { BERTH_PREFIX: prefix, BERTH_SPACE: space, BERTH_SPACES: space, BERTH_LOG_LEVEL: "info" };
    this.#shared = { ...usual, BERTH_AMQP_URL, BERTH_REDIS_URL, BERTH_QUEUE_TYPE, BERTH_DURABILITY };
  }

  async start(): Promise<void> {
    const dispatchers = [this.#spawn("dispatcher", {}), this.#spawn("dispatcher", {})];
    const api = this.#spawn("api", { BERTH_PORT: "0" });
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.logged("ready")));
    this.url = String((await api.logged("ready")).url);
    await Promise.race(dispatchers.map((dispatcher) => dispatcher.logged("owns the space")));
    await new BerthClient({ url: this.url }).targets.put(target, {});
    await this.#startTentacle(target, "0.1.0");
  }

  addMachine(name: string): Promise<void> {
    return this.#startTentacle(name, "1.0");
  }

  async upgradeTentacle(): Promise<void> {
    await writeFile(this.tool, "", { mode: 0o755 });
    await this.#tentacles.get(target)?.end("SIGTERM");
    await this.#startTentacle(target, "2.0");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #startTentacle(name: string, version: string): Promise<void> {
    const workspace = join(this.#folder, `tentacle-${name}`);
    const tentacle = this.#spawn("tentacle", {
      ...{ BERTH_TENTACLE: name, BERTH_TARGETS: name, BERTH_VERSION: version, BERTH_WORKSPACE: workspace },
    });
    this.#tentacles.set(name, tentacle);
    await tentacle.logged("ready");
  }

  #spawn(service: ServiceName, environment: Readonly<Record<string, string>>): ServiceProcess {
    const main = fileURLToPath(new URL(`../../../../${service}/src/main.ts`, import.meta.url));
    const started = new ServiceProcess(main, { ...this.#shared, ...environment });
    this.#processes.add(started);
    void started.ended.then(() => {
      this.#processes.delete(started);
      for (const { msg, session } of started.log)
        if (msg === "session opened") this.#sessions.push(String(session));
    });
    return started;
  }

  /** Tentacles first, so that the server knows of their end. */
  async #stop(): Promise<void> {
    const tentacles = [...this.#tentacles.values()];
    await Promise.all(tentacles.map(endSoon));
    await Promise.all([...this.#processes].map(endSoon));
    const targets = [...this.#tentacles.keys()];
    await removeTraces({ ...this.#servers, space, targets, sessions: this.#sessions });
  }
}

async function endSoon(child: ServiceProcess): Promise<void> {
  const timer = setTimeout(() => child.signal("SIGKILL"), stopMsMax);
  await child.end("SIGTERM");
  clearTimeout(timer);
}
