import { resolve } from "node:path";
import { Name } from "@berth/protocol";
import { z } from "zod";

/** A coercion would take an empty variable for 0, and so for any port. */
const whole = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number);
const between = (least: number, most: number) => whole.pipe(z.int().min(least).max(most));
const dayMs = 86_400_000;

/** What the environment may say. Each variable is documented in docs/operations.md. */
const Environment = z.object({
  BERTH_HOST: z.string().min(1).default("127.0.0.1"),
  BERTH_PORT: between(0, 65_535).default(7070),
  BERTH_HOSTS: z.string().default(""),
  BERTH_DATA: z.string().min(1).default(".berth"),
  BERTH_SPACE: Name.default("default"),
  BERTH_TARGET: Name.default("local"),
  BERTH_CAPACITY: between(1, 10_000).default(16),
  BERTH_LEASE_MS: between(1_000, dayMs).default(10_000),
  BERTH_DURABILITY: z.enum(["memory", "fsync"]).default("memory"),
  BERTH_KEEP_DAYS: between(1, 36_500).default(30),
  BERTH_KEEP_TASKS: between(1, 1_000_000_000).default(1_000_000),
  BERTH_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

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

/** A value in the environment that cannot be used. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads the environment once. Throws a `ConfigError` that names each wrong variable, its value and what was expected. */
export function readConfig(environment: NodeJS.ProcessEnv): StandaloneConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `${name} is "${environment[name]}": ${issue.message}`;
    });
    throw new ConfigError(wrong.join("\n"));
  }
  const read = parsed.data;
  return Object.freeze({
    host: read.BERTH_HOST,
    port: read.BERTH_PORT,
    hosts: hostsOf(read.BERTH_HOST, read.BERTH_HOSTS),
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

const loopbackHosts: readonly string[] = ["localhost", "127.0.0.1", "[::1]", "::1"];

/**
 * On loopback only the names of this machine, so that no web page can reach the API by a name of its own that leads here
 * (DNS rebinding). Elsewhere any, unless they are named.
 */
function hostsOf(host: string, named: string): readonly string[] {
  const names = named
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return loopbackHosts.includes(host) ? [...loopbackHosts, ...names] : names;
}
