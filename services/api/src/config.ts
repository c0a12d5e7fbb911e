import {
  allowedHosts,
  between,
  brokerVariables,
  logLevel,
  names,
  readEnvironment,
  storeVariables,
  text,
  words,
} from "@berth/process";

/** What the environment may say. Each variable is documented in docs/operations.md. */
const variables = {
  BERTH_AMQP_URL: brokerVariables.BERTH_AMQP_URL,
  BERTH_PREFIX: brokerVariables.BERTH_PREFIX,
  BERTH_REDIS_URL: storeVariables.BERTH_REDIS_URL,
  BERTH_SPACES: names("default"),
  BERTH_HOST: text("127.0.0.1"),
  BERTH_PORT: between(0, 65_535, 7070),
  BERTH_HOSTS: words(),
  BERTH_LOG_LEVEL: logLevel,
};

export interface ApiConfig {
  readonly amqpUrl: string;
  readonly redisUrl: string;
  /** Of queues and of keys. */
  readonly prefix: string;
  readonly spaces: readonly string[];
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Names under which requests may reach the API; empty: any. */
  readonly hosts: readonly string[];
  readonly logLevel: string;
}

/** Throws a `ConfigError` that names each wrong variable, its value and what was expected. */
export function readConfig(environment: NodeJS.ProcessEnv): ApiConfig {
  const read = readEnvironment(variables, environment);
  return Object.freeze({
    amqpUrl: read.BERTH_AMQP_URL,
    redisUrl: read.BERTH_REDIS_URL,
    prefix: read.BERTH_PREFIX,
    spaces: read.BERTH_SPACES,
    host: read.BERTH_HOST,
    port: read.BERTH_PORT,
    hosts: allowedHosts(read.BERTH_HOST, read.BERTH_HOSTS),
    logLevel: read.BERTH_LOG_LEVEL,
  });
}
