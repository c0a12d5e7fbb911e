import { resolve } from "node:path";
import {
  allowedHosts,
  between,
  logLevel,
  milliseconds,
  name,
  oneOf,
  readEnvironment,
  text,
  words,
} from "@berth/process";

const dayMs = 86_400_000;

/** What the environment may say. Each variable is documented in docs/operations.md. */
const variables = {
  BERTH_HOST: text("127.0.0.1"),
  BERTH_PORT: between(0, 65_535, 7070),
  BERTH_HOSTS: words(),
  BERTH_DATA: text(".berth"),
  BERTH_SPACE: name("default"),
  BERTH_TARGET: name("local"),
  BERTH_CAPACITY: between(1, 10_000, 16),
  BERTH_LEASE_MS: milliseconds(10_000),
  BERTH_DURABILITY: oneOf(["memory", "fsync"], "memory"),
  BERTH_KEEP_DAYS: between(1, 36_500, 30),
  BERTH_KEEP_TASKS: between(1, 1_000_000_000, 1_000_000),
  BERTH_LOG_LEVEL: logLevel,
};

export interface StandaloneConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Names under which requests may reach the API; empty: any. */
  readonly hosts: readonly string[];
  /** Folder of the database and of the tentacle's workspace. Absolute. */
  readonly data: string;
  readonly space: string;
  /** The target that the tentacle of this process serves. */
  readonly target: string;
  /** How many tasks that tentacle runs at once, health checks not counted. */
  readonly capacity: number;
  readonly leaseMs: number;
  readonly durability: "memory" | "fsync";
  readonly keepMs: number;
  readonly keepTasks: number;
  readonly logLevel: string;
}

/** Reads the environment once. Throws a `ConfigError` that names each wrong variable, its value and what was expected. */
export function readConfig(environment: NodeJS.ProcessEnv): StandaloneConfig {
  const read = readEnvironment(variables, environment);
  return Object.freeze({
    host: read.BERTH_HOST,
    port: read.BERTH_PORT,
    hosts: allowedHosts(read.BERTH_HOST, read.BERTH_HOSTS),
    data: resolve(read.BERTH_DATA),
    space: read.BERTH_SPACE,
    target: read.BERTH_TARGET,
    capacity: read.BERTH_CAPACITY,
    leaseMs: read.BERTH_LEASE_MS,
    durability: read.BERTH_DURABILITY,
    keepMs: read.BERTH_KEEP_DAYS * dayMs,
    keepTasks: read.BERTH_KEEP_TASKS,
    logLevel: read.BERTH_LOG_LEVEL,
  });
}
