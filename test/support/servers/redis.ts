// A Redis of a test's own: on a free port, with its own data, so that it may be killed, emptied and paused.
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../eventually.ts";
import { openPremises, type Premises } from "./premises.ts";
import { type Programs, plainEnvironment, programs } from "./programs.ts";
import { redisConfigLines } from "./redis-config.ts";
import { redisVersionAt } from "./redis-greeting.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { whenReady } from "./when-ready.ts";

/** What a sentinel watches, and after how much silence it lets a replica take over. */
export interface SentinelOptions {
  readonly name: string;
  readonly port: number;
  readonly quorum?: number;
  readonly downAfterMs?: number;
}

export interface RedisOptions {
  /** Off by default, as Redis has it: a restart forgets everything. */
  readonly appendonly?: boolean;
  /** `everysec` by default. */
  readonly appendfsync?: "always" | "everysec" | "no";
  readonly replicaOf?: { readonly port: number };
  /** A node of a cluster; with `"alone"` one that has all slots, which is a whole cluster. */
  readonly cluster?: "alone" | "member";
  /** A sentinel, which keeps no data itself. */
  readonly sentinelOf?: SentinelOptions;
  /** Of the default user; none by default. Letters and digits. */
  readonly password?: string;
  /** Lines of redis.conf. */
  readonly config?: Readonly<Record<string, string | number>>;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** Runs redis-cli, and answers with what it printed. */
  cli(...arguments_: string[]): Promise<string>;
  /** SIGKILL, as if the machine went down. What it had on disk stays. */
  kill(): Promise<void>;
  /** An orderly end. What it had on disk stays. */
  shutDown(): Promise<void>;
  /** After `kill` or `shutDown`: on the same port, with the same data. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Killed, and started with nothing. */
  restartEmpty(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The end of it: nothing is left, neither a process nor a file. */
  stop(): Promise<void>;
}

interface Instance {
  readonly premises: Premises;
  readonly programs: Programs;
  readonly port: number;
  readonly options: RedisOptions;
}

export async function openInstalledRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const instance = await prepare(options);
  try {
    const first = await startInstance(instance);
    const server = handleOf(instance, first.process, first.version);
    if (options.cluster === "alone") {
      await server.cli("cluster", "addslotsrange", "0", "16383");
      await clusterIsUp(server);
    }
    return server;
  } catch (error) {
    await instance.premises.close();
    throw error;
  }
}

function handleOf(instance: Instance, first: ServerProcess, version: string): RedisServer {
  let current = first;
  const start = async (): Promise<void> => {
    if (current.ending() === undefined) throw new Error(`Redis on port ${instance.port} runs already`);
    current = (await startInstance(instance)).process;
    if (instance.options.cluster !== undefined) await clusterIsUp(server);
  };
  const kill = (): Promise<void> => current.kill();
  const shutDown = (): Promise<void> => current.shutDown();
  const server: RedisServer = {
    url: urlOf(instance),
    port: instance.port,
    version,
    cli: (...arguments_) => runClient(instance, arguments_),
    kill,
    shutDown,
    start,
    async restart() {
      await shutDown();
      await start();
    },
    async restartEmpty() {
      await kill();
      await emptyData(instance.premises);
      await start();
    },
    pause: () => current.pause(),
    resume: () => current.resume(),
    async stop() {
      await kill();
      await instance.premises.close();
    },
  };
  return server;
}

function urlOf({ options: { cluster, sentinelOf, password }, port }: Instance): string {
  const address = `${password === undefined ? "" : `:${password}@`}127.0.0.1:${port}`;
  if (sentinelOf !== undefined) return `redis+sentinel://${address}/${sentinelOf.name}`;
  return `${cluster === undefined ? "redis" : "redis+cluster"}://${address}`;
}

/** A node that starts takes no writes for two seconds, lest it has been replaced meanwhile. */
export async function clusterIsUp(server: Pick<RedisServer, "cli">): Promise<void> {
  await eventually("the cluster is up", async () =>
    (await server.cli("cluster", "info")).includes("cluster_state:ok"),
  );
}

async function prepare(options: RedisOptions): Promise<Instance> {
  const found = programs();
  const premises = await openPremises("redis", found.root);
  const port = await premises.reservePort();
  const place = { bind: "127.0.0.1", port, dir: `${premises.innerFolder}/data` };
  const clusterLines =
    options.cluster === undefined
      ? {}
      : { "cluster-enabled": "yes", "cluster-port": await premises.reservePort() };
  await writeFile(join(premises.folder, "redis.conf"), redisConfigLines(options, place, clusterLines));
  await mkdir(join(premises.folder, "data"));
  return { premises, programs: found, port, options };
}

async function startInstance(
  instance: Instance,
): Promise<{ readonly process: ServerProcess; readonly version: string }> {
  const { premises, programs, port, options } = instance;
  const path = programs.path("redis-server");
  if (path === undefined) throw new Error("redis-server is not installed");
  const process = await startServerProcess({
    name: "redis",
    folder: premises.folder,
    programs,
    path,
    arguments: [
      `${premises.innerFolder}/redis.conf`,
      ...(options.sentinelOf === undefined ? [] : ["--sentinel"]),
    ],
    environment: plainEnvironment,
  });
  const version = await whenReady(`Redis on port ${port}`, process, () =>
    redisVersionAt({ port, password: options.password }),
  );
  return { process, version };
}

async function emptyData({ folder }: Premises): Promise<void> {
  await rm(join(folder, "data"), { recursive: true, force: true });
  await mkdir(join(folder, "data"));
}

async function runClient(
  { programs, port, options }: Instance,
  arguments_: readonly string[],
): Promise<string> {
  const path = programs.path("redis-cli");
  if (path === undefined) throw new Error("redis-cli is not installed");
  const [command, words] = programs.commandOf(path, ["-p", String(port), "-e", ...arguments_]);
  const { password } = options;
  const env = { ...plainEnvironment, ...(password !== undefined && { REDISCLI_AUTH: password }) };
  const { stdout } = await promisify(execFile)(command, words, { env });
  return stdout.trimEnd();
}
