import { randomUUID } from "node:crypto";
import { createRedisStore } from "@berth/store/redis";
import { storeContract } from "./contract.ts";

storeContract("Redis", {
  isLasting: true,
  async open() {
    const options = {
      url: process.env.BERTH_TEST_REDIS_URL ?? "redis://127.0.0.1:6379",
      prefix: `berth-test-${randomUUID()}`,
      durability: "memory" as const,
    };
    const start = async () => {
      const s = createRedisStore(options);
      await s.start();
      return s;
    };
    let current = await start();
    return {
      store: current,
      async reopen() {
        await current.stop();
        current = await start();
        return current;
      },
      async close() {
        await current.stop();
      },
    };
  },
});
