// Servers for tests: which source they come from on this machine.
import { openContainedRabbitmq, openContainedRedis, whyNoContainers } from "./containers.ts";
import { missingPrograms } from "./programs.ts";
import { openInstalledRabbitmq, type RabbitmqOptions, type RabbitmqServer } from "./rabbitmq.ts";
import { openInstalledRedis, type RedisOptions, type RedisServer } from "./redis.ts";

const rabbitmqPrograms = ["rabbitmq-server", "rabbitmqctl", "epmd"];
const redisPrograms = ["redis-server", "redis-cli"];

/** Why a test cannot have a RabbitMQ of its own here, for `skipBecause`; undefined if it can. */
export function whyNoPrivateRabbitmq(): Promise<string | undefined> {
  return whyNone(rabbitmqPrograms);
}

/** Why a test cannot have a Redis of its own here, for `skipBecause`; undefined if it can. */
export function whyNoPrivateRedis(): Promise<string | undefined> {
  return whyNone(redisPrograms);
}

/** A RabbitMQ of the caller's own, who has to `stop` it. It ends in any case when this process does. */
export function openRabbitmq(options: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  return missingPrograms(rabbitmqPrograms) === undefined
    ? openInstalledRabbitmq(options)
    : openContainedRabbitmq(options);
}

/** A Redis of the caller's own, who has to `stop` it. It ends in any case when this process does. */
export function openRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return missingPrograms(redisPrograms) === undefined
    ? openInstalledRedis(options)
    : openContainedRedis(options);
}

async function whyNone(names: readonly string[]): Promise<string | undefined> {
  const missing = missingPrograms(names);
  if (missing === undefined) return undefined;
  const noContainers = await whyNoContainers();
  return noContainers === undefined ? undefined : `${missing} and ${noContainers}`;
}
