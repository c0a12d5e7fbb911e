import type { RedisOptions } from "./redis.ts";

export interface RedisPlace {
  readonly bind: string;
  readonly port: number;
  readonly dir: string;
}

/** The text of a redis.conf. */
export function redisConfigLines(
  options: RedisOptions,
  place: RedisPlace,
  further: Readonly<Record<string, string | number>> = {},
): string {
  const lines = {
    ...place,
    // No snapshots: what survives is what the append-only file has.
    save: '""',
    "maxmemory-policy": "noeviction",
    appendonly: options.appendonly === true ? "yes" : "no",
    appendfsync: options.appendfsync ?? "everysec",
    ...(options.replicaOf !== undefined && { replicaof: `127.0.0.1 ${options.replicaOf.port}` }),
    ...further,
    ...options.config,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key} ${value}\n`)
    .join("");
}
