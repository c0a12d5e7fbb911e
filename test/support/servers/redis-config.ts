import type { RedisOptions, SentinelOptions } from "./redis.ts";

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
  const { sentinelOf } = options;
  const own = sentinelOf === undefined ? serverLines(options) : sentinelLines(sentinelOf);
  return [...Object.entries(place), ...own, ...Object.entries({ ...further, ...options.config })]
    .map(([key, value]) => `${key} ${value}\n`)
    .join("");
}

function serverLines(options: RedisOptions): [string, string][] {
  return [
    // No snapshots: what survives is what the append-only file has.
    ["save", '""'],
    ["maxmemory-policy", "noeviction"],
    ...(options.password === undefined
      ? []
      : ([["requirepass", options.password]] satisfies [string, string][])),
    ["appendonly", options.appendonly === true ? "yes" : "no"],
    ["appendfsync", options.appendfsync ?? "everysec"],
    ...(options.replicaOf === undefined
      ? []
      : ([["replicaof", `127.0.0.1 ${options.replicaOf.port}`]] satisfies [string, string][])),
  ];
}

function sentinelLines({ name, port, quorum = 1, downAfterMs = 1_000 }: SentinelOptions): [string, string][] {
  return [
    ["sentinel", `monitor ${name} 127.0.0.1 ${port} ${quorum}`],
    ["sentinel", `down-after-milliseconds ${name} ${downAfterMs}`],
    ["sentinel", `failover-timeout ${name} 5000`],
  ];
}
