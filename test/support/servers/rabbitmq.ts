// A RabbitMQ of a test's own: on free ports, with its own data, cookie and port mapper, so that it may be killed, paused and
// reconfigured while another one serves the rest of the machine.
import { execFile } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { brokerVersionAt } from "./amqp-greeting.ts";
import { openPremises, type Premises } from "./premises.ts";
import { type Programs, plainEnvironment, programs } from "./programs.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { whenReady } from "./when-ready.ts";

export interface RabbitmqOptions {
  /** Lines of rabbitmq.conf, such as `consumer_timeout: 60_000`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of the application `rabbit` that rabbitmq.conf has no word for, such as `channel_tick_interval: 1_000`. */
  readonly settings?: Readonly<Record<string, number>>;
  /** JSON, as RabbitMQ exports it: users, virtual hosts, permissions. There is no user guest then, unless it is among them. */
  readonly definitions?: string;
  /** With the HTTP API, and the plugins it needs. */
  readonly management?: boolean;
}

export interface RabbitmqServer {
  /** As guest, who may do anything. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Of the HTTP API without `/api`, with guest's password in it; null without `management`. */
  readonly managementUrl: string | null;
  /** Runs rabbitmqctl, and answers with what it printed. */
  ctl(...arguments_: string[]): Promise<string>;
  /**
   * Resolves when all that was declared is on disk. For about the first second of a quorum queue RabbitMQ has the queue's own records
   * in memory alone; killed then, it comes back with a queue that is empty and answers nobody, whatever it has confirmed.
   */
  settle(): Promise<void>;
  /** SIGKILL, as if the machine went down. What it had on disk stays. */
  kill(): Promise<void>;
  /** An orderly end. What it had on disk stays. */
  shutDown(): Promise<void>;
  /** After `kill` or `shutDown`: on the same ports, with the same data. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The end of it: nothing is left, neither a process nor a file. */
  stop(): Promise<void>;
}

/** These tables are written behind, after half a second without a change. */
export const syncExpression = "[dets:sync(Table) || Table <- dets:all()].";

interface Node {
  readonly premises: Premises;
  readonly programs: Programs;
  readonly name: string;
  readonly port: number;
  readonly managementPort: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

export async function openInstalledRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const node = await prepareNode(options);
  try {
    await startPortMapper(node);
    const first = await startNode(node);
    return handleOf(node, first.process, first.version);
  } catch (error) {
    await node.premises.close();
    throw error;
  }
}

function handleOf(node: Node, first: ServerProcess, version: string): RabbitmqServer {
  let current = first;
  const start = async (): Promise<void> => {
    if (current.ending() === undefined) throw new Error(`${node.name} runs already`);
    current = (await startNode(node)).process;
  };
  const shutDown = (): Promise<void> => current.shutDown();
  const { port, managementPort } = node;
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    version,
    managementUrl: managementPort === undefined ? null : `http://guest:guest@127.0.0.1:${managementPort}`,
    ctl: (...arguments_) => runTool(node, "rabbitmqctl", arguments_),
    async settle() {
      await runTool(node, "rabbitmqctl", ["eval", syncExpression]);
    },
    kill: () => current.kill(),
    shutDown,
    start,
    async restart() {
      await shutDown();
      await start();
    },
    pause: () => current.pause(),
    resume: () => current.resume(),
    async stop() {
      await current.kill();
      await node.premises.close();
    },
  };
}

async function prepareNode(options: RabbitmqOptions): Promise<Node> {
  const { config = {}, env = {}, settings = {}, management = false, definitions } = options;
  const found = programs();
  const premises = await openPremises("rabbitmq", found.root);
  const port = await premises.reservePort();
  const managementPort = management ? await premises.reservePort() : undefined;
  const lines = {
    "listeners.tcp.1": `127.0.0.1:${port}`,
    ...(managementPort !== undefined && {
      "management.tcp.ip": "127.0.0.1",
      "management.tcp.port": managementPort,
    }),
    ...(definitions !== undefined && { load_definitions: `${premises.innerFolder}/definitions.json` }),
    ...config,
  };
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`);
  await writeFile(join(premises.folder, "rabbitmq.conf"), text.join(""));
  await writeFile(join(premises.folder, "env.conf"), "");
  await writeFile(join(premises.folder, "definitions.json"), definitions ?? "{}");
  await writeFile(
    join(premises.folder, "enabled_plugins"),
    management ? "[rabbitmq_management].\n" : "[].\n",
  );
  const name = `berth-${port}@localhost`;
  const environment = {
    ...environmentOf(premises.innerFolder, name, settings),
    RABBITMQ_DIST_PORT: String(await premises.reservePort()),
    ERL_EPMD_PORT: String(await premises.reservePort()),
    ...env,
  };
  return { premises, programs: found, name, port, managementPort, environment };
}

/** Nothing of the system's own node is read or written: not its configuration, its cookie, its data, its logs. */
function environmentOf(
  folder: string,
  name: string,
  settings: Readonly<Record<string, number>>,
): Record<string, string> {
  const settingWords = Object.entries(settings).map(([key, value]) => ` -rabbit ${key} ${value}`);
  return {
    ...plainEnvironment,
    // The cookie, without which no tool may talk to the node, is made there.
    HOME: folder,
    RABBITMQ_NODENAME: name,
    RABBITMQ_CONF_ENV_FILE: `${folder}/env.conf`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    // Few schedulers: it starts faster, and several must run beside each other on a small machine.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 2:2 +A 4 -kernel inet_dist_use_interface {127,0,0,1}${settingWords.join("")}`,
  };
}

/** Erlang would start one that outlives the node; it does so, too, where this one does not answer yet. */
async function startPortMapper(node: Node): Promise<void> {
  const { premises, environment, programs } = node;
  const port = environment.ERL_EPMD_PORT ?? "";
  const mapper = await startServerProcess({
    name: "epmd",
    folder: premises.folder,
    programs,
    path: pathOf(programs, "epmd"),
    arguments: ["-port", port, "-address", "127.0.0.1"],
    environment,
  });
  await whenReady("epmd", mapper, async () => ((await listensAt(Number(port))) ? port : undefined));
}

function listensAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function startNode(node: Node): Promise<{ process: ServerProcess; version: string }> {
  const { premises, environment, programs } = node;
  const process = await startServerProcess({
    name: "rabbitmq",
    folder: premises.folder,
    programs,
    path: pathOf(programs, "rabbitmq-server"),
    arguments: [],
    environment,
  });
  try {
    const version = await whenReady(node.name, process, () => readyVersion(node));
    return { process, version };
  } catch (error) {
    throw new Error(`${node.name} did not start:\n${await logOf(premises.folder)}`, { cause: error });
  }
}

async function readyVersion({ port, managementPort }: Node): Promise<string | undefined> {
  const version = await brokerVersionAt(port);
  if (version === undefined || managementPort === undefined) return version;
  try {
    await fetch(`http://127.0.0.1:${managementPort}/api/whoami`);
    return version;
  } catch {
    return undefined;
  }
}

async function runTool(node: Node, tool: string, arguments_: readonly string[]): Promise<string> {
  const { programs, environment, name } = node;
  const words = ["--quiet", "--node", name, ...arguments_];
  const [command, commandArguments] = programs.commandOf(pathOf(programs, tool), words);
  const { stdout } = await promisify(execFile)(command, commandArguments, { env: environment });
  return stdout;
}

function pathOf(programs: Programs, name: string): string {
  const path = programs.path(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

async function logOf(folder: string): Promise<string> {
  const path = join(folder, "rabbitmq.log");
  await appendFile(path, "");
  return (await readFile(path, "utf8")).split("\n").slice(-40).join("\n");
}
