import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { rounded } from "./figures.ts";
import { playAll, resultOf } from "./peers.ts";
import { DelayProxy } from "./proxy/delay-proxy.ts";
import { serverUrls } from "./servers.ts";
import { contendersOf } from "./systems/contenders.ts";
import type { ServerUrls } from "./systems/system.ts";
import { roundTripMs } from "./ways.ts";

/**
 * The benchmark of the peers with a longer wire between each process and each server, as a real network has it. All
 * connections of all systems go through the same proxies, in this process.
 */
export async function latency(options: BenchOptions): Promise<BenchResult> {
  const contenders = await contendersOf(options.systems);
  const proxyOf = (url: string, defaultPort: number): DelayProxy =>
    new DelayProxy({ url, defaultPort, delayMs: options.addedMs });
  const proxies = {
    amqp: proxyOf(serverUrls.amqp, 5672),
    redis: proxyOf(serverUrls.redis, 6379),
    pg: proxyOf(serverUrls.pg, 5432),
  };
  await Promise.all(Object.values(proxies).map((proxy) => proxy.start()));
  try {
    const urls: ServerUrls = { amqp: proxies.amqp.url, redis: proxies.redis.url, pg: proxies.pg.url };
    const added = contenders.versions.redis === undefined ? null : await addedRoundTripMs(urls.redis);
    const plays = await playAll(contenders, options, urls);
    const { tasks, targets, addedMs } = options;
    const title = `${tasks} exclusive no-op tasks on ${targets} targets, each way to a server ${addedMs} ms longer`;
    const { figures, summary = [], ...result } = resultOf(title, contenders, plays, options);
    return {
      ...result,
      summary: [...summary, `a round trip to Redis is longer by ${added} ms (median)`],
      figures: { ...figures, addedMs, addedRoundTripMs: added },
    };
  } finally {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  }
}

/** What the proxies really add, with the lateness of timers. */
async function addedRoundTripMs(url: string): Promise<number> {
  const [direct, delayed] = [await roundTripMs(serverUrls.redis), await roundTripMs(url)];
  return rounded(delayed - direct, 2);
}
