import { join, resolve } from "node:path";
import {
  between,
  brokerVariables,
  healthPort,
  logLevel,
  milliseconds,
  name,
  optionalNames,
  optionalText,
  readEnvironment,
  requiredName,
  text,
} from "@berth/process";

/** What the environment may say. Each variable is documented in docs/operations.md. */
const variables = {
  BERTH_AMQP_URL: brokerVariables.BERTH_AMQP_URL,
  BERTH_PREFIX: brokerVariables.BERTH_PREFIX,
  BERTH_SPACE: name("default"),
  BERTH_TENTACLE: requiredName("expected the name of this tentacle, such as that of its machine"),
  BERTH_TARGETS: optionalNames,
  BERTH_VERSION: text("0.1.0"),
  BERTH_CAPACITY: between(1, 10_000, 16),
  BERTH_WORKSPACE: optionalText,
  BERTH_HANDLERS: optionalText,
  BERTH_DRAIN_MS: milliseconds(30_000),
  BERTH_HOST: text("127.0.0.1"),
  BERTH_HEALTH_PORT: healthPort,
  BERTH_LOG_LEVEL: logLevel,
};

export interface TentacleConfig {
  readonly amqpUrl: string;
  readonly prefix: string;
  readonly space: string;
  readonly name: string;
  readonly targets: readonly string[];
  readonly version: string;
  readonly capacity: number;
  /** Folder of this tentacle alone. Absolute. */
  readonly workspace: string;
  /** File of a module that exports handlers. Absolute. `null`: it runs scripts only. */
  readonly handlers: string | null;
  /** How long running tasks may take to end when the process is asked to stop. */
  readonly drainMs: number;
  /** Where it tells its health. */
  readonly host: string;
  readonly healthPort: number | null;
  readonly logLevel: string;
}

/** Throws a `ConfigError` that names each wrong variable, its value and what was expected. */
export function readConfig(environment: NodeJS.ProcessEnv): TentacleConfig {
  const read = readEnvironment(variables, environment);
  return Object.freeze({
    amqpUrl: read.BERTH_AMQP_URL,
    prefix: read.BERTH_PREFIX,
    space: read.BERTH_SPACE,
    name: read.BERTH_TENTACLE,
    targets: read.BERTH_TARGETS ?? [read.BERTH_TENTACLE],
    version: read.BERTH_VERSION,
    capacity: read.BERTH_CAPACITY,
    workspace: resolve(read.BERTH_WORKSPACE ?? join(".berth", `tentacle-${read.BERTH_TENTACLE}`)),
    handlers: read.BERTH_HANDLERS === null ? null : resolve(read.BERTH_HANDLERS),
    drainMs: read.BERTH_DRAIN_MS,
    host: read.BERTH_HOST,
    healthPort: read.BERTH_HEALTH_PORT,
    logLevel: read.BERTH_LOG_LEVEL,
  });
}
