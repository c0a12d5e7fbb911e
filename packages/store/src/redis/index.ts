import type { Store } from "../port.ts";
import { type RedisStoreOptions, settingsOf } from "./options.ts";
import { RedisStore } from "./store.ts";

export { eraseRedisStore } from "./erase.ts";
export type { RedisStoreLogger, RedisStoreOptions } from "./options.ts";

/**
 * A store in Redis 7 or later, for any number of processes. Throws `StoreError` (`store_misconfigured`) where an option
 * makes no sense; `start` rejects with it where the server is one that must not be used as it is.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  return new RedisStore(settingsOf(options));
}
