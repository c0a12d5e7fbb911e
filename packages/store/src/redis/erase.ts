import { Cluster } from "ioredis";
import { describeAddress } from "./address.ts";
import { createClient } from "./client.ts";
import { failureOf } from "./failure.ts";
import { Keys } from "./keys.ts";
import { type RedisStoreOptions, settingsOf } from "./options.ts";

const scannedAtOnce = 500;

/**
 * Deletes all that any store has ever kept under the prefix, so that nothing is left of what was only tried out. Nobody
 * may use it meanwhile. Rejects with `StoreError`.
 */
export async function eraseRedisStore(options: Pick<RedisStoreOptions, "url" | "prefix">): Promise<void> {
  const { address, prefix, timeoutMs } = settingsOf({ ...options, durability: "memory" });
  const client = createClient(address, timeoutMs);
  client.on("error", () => {});
  try {
    await client.connect();
    const servers = client instanceof Cluster ? client.nodes("master") : [client];
    for (const pattern of new Keys(prefix).patterns) {
      for (const server of servers) {
        const keys = server.scanStream({ match: pattern, count: scannedAtOnce });
        // One by one: in a cluster, keys of several spaces are in no slot together.
        for await (const found of keys) for (const key of found as string[]) await server.unlink(key);
      }
    }
  } catch (error) {
    throw failureOf(error, describeAddress(address));
  } finally {
    client.disconnect();
  }
}
