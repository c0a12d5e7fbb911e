import {
  between,
  brokerUserOf,
  brokerVariables,
  healthPort,
  logLevel,
  milliseconds,
  names,
  readEnvironment,
  storeVariables,
  text,
  words,
} from "@berth/process";

const dayMs = 86_400_000;

/** What the environment may say. Each variable is documented in docs/operations.md. */
const variables = {
  ...brokerVariables,
  ...storeVariables,
  BERTH_REPLICAS: between(1, 100, 1),
  BERTH_SPACES: names("default"),
  BERTH_SERVER_USERS: words(),
  BERTH_OWNER_LEASE_MS: milliseconds(10_000),
  BERTH_LEASE_MS: milliseconds(10_000),
  BERTH_KEEP_DAYS: between(1, 36_500, 30),
  BERTH_KEEP_TASKS: between(1, 1_000_000_000, 1_000_000),
  BERTH_HOST: text("127.0.0.1"),
  BERTH_HEALTH_PORT: healthPort,
  BERTH_LOG_LEVEL: logLevel,
};

export interface DispatcherConfig {
  readonly amqpUrl: string;
  readonly redisUrl: string;
  /** Of queues and of keys. */
  readonly prefix: string;
  readonly queueType: "classic" | "quorum";
  readonly durability: "memory" | "fsync" | "replicated";
  /** How many replicas must have a commit, where the durability is `replicated`. */
  readonly replicas: number;
  readonly spaces: readonly string[];
  /** The broker's users of dispatchers and APIs, its own first: they may say anything. */
  readonly serverUsers: readonly string[];
  /** How long a space stays with a dispatcher that says nothing. */
  readonly ownerLeaseMs: number;
  /** How long a tentacle that says nothing keeps its slots. */
  readonly leaseMs: number;
  readonly keepMs: number;
  readonly keepTasks: number;
  /** Where it tells its health. */
  readonly host: string;
  readonly healthPort: number | null;
  readonly logLevel: string;
}

/** Throws a `ConfigError` that names each wrong variable, its value and what was expected. */
export function readConfig(environment: NodeJS.ProcessEnv): DispatcherConfig {
  const read = readEnvironment(variables, environment);
  return Object.freeze({
    amqpUrl: read.BERTH_AMQP_URL,
    redisUrl: read.BERTH_REDIS_URL,
    prefix: read.BERTH_PREFIX,
    queueType: read.BERTH_QUEUE_TYPE,
    durability: read.BERTH_DURABILITY,
    replicas: read.BERTH_REPLICAS,
    spaces: read.BERTH_SPACES,
    serverUsers: [brokerUserOf(read.BERTH_AMQP_URL), ...read.BERTH_SERVER_USERS],
    ownerLeaseMs: read.BERTH_OWNER_LEASE_MS,
    leaseMs: read.BERTH_LEASE_MS,
    keepMs: read.BERTH_KEEP_DAYS * dayMs,
    keepTasks: read.BERTH_KEEP_TASKS,
    host: read.BERTH_HOST,
    healthPort: read.BERTH_HEALTH_PORT,
    logLevel: read.BERTH_LOG_LEVEL,
  });
}
