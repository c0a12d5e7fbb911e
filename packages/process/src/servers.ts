import type { Variable } from "./environment.ts";
import { address, name, oneOf } from "./variables.ts";

/** How a process reaches the broker. */
export const brokerVariables: {
  readonly BERTH_AMQP_URL: Variable<string>;
  readonly BERTH_PREFIX: Variable<string>;
  readonly BERTH_QUEUE_TYPE: Variable<"classic" | "quorum">;
} = {
  BERTH_AMQP_URL: address(["amqp", "amqps"], "amqp://guest:guest@127.0.0.1:5672"),
  BERTH_PREFIX: name("berth"),
  BERTH_QUEUE_TYPE: oneOf(["classic", "quorum"], "classic"),
};

/** How a process reaches the store. */
export const storeVariables: {
  readonly BERTH_REDIS_URL: Variable<string>;
  readonly BERTH_DURABILITY: Variable<"memory" | "fsync" | "replicated">;
} = {
  BERTH_REDIS_URL: address(["redis", "rediss", "redis+sentinel", "redis+cluster"], "redis://127.0.0.1:6379"),
  BERTH_DURABILITY: oneOf(["memory", "fsync", "replicated"], "memory"),
};

/**
 * With a heartbeat, unless there is one: the broker gives up a connection that says nothing for twice as long. Of several
 * who wait for the messages of one that stands still, nobody gets them before.
 */
export function withHeartbeat(amqpUrl: string, silenceMs: number): string {
  const url = new URL(amqpUrl);
  const seconds = Math.max(1, Math.floor(silenceMs / 2_000));
  if (!url.searchParams.has("heartbeat")) url.searchParams.set("heartbeat", String(seconds));
  return url.href;
}

/** The broker's user that this address names, for which the broker vouches. */
export function brokerUserOf(amqpUrl: string): string {
  const { username } = new URL(amqpUrl);
  return username === "" ? "guest" : decodeURIComponent(username);
}
