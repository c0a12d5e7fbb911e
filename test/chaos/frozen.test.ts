// A dispatcher is stopped at the worst moment: what it decided is stored, and nothing of it has been sent. When it goes on, its lease is
// over and somebody else has the space.

import type { TaskRequestInput } from "@berth/protocol";
import { taskIdForKey } from "@berth/protocol/identity";
import { createRedisStore } from "@berth/store/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { AmqpMethods, publish } from "../support/relay/amqp-methods.ts";
import { openRelay, type Relay } from "../support/relay/relay.ts";
import { sharedRabbitmq, sharedRedis, whyNoRabbitmq, whyNoRedis } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";
import { Stack } from "../support/stack/stack.ts";
import { deposals } from "./faults/dispatchers.ts";

describe(
  "a dispatcher on the real stack",
  skipBecause((await whyNoRabbitmq()) ?? (await whyNoRedis())),
  () => {
    test("that stood still between a commit and what follows from it commits and sends nothing", async () => {
      const [rabbitmq, redis] = await Promise.all([sharedRabbitmq(), sharedRedis()]);
      const servers = { amqpUrl: rabbitmq.url, redisUrl: redis.url, prefix: `${redis.prefix}-frozen` };
      const [amqpRelay, redisRelay] = [await relayTo(rabbitmq.url), await relayTo(redis.url)];
      const stack = await Stack.open({ servers });
      onTestFinished(() => stack.close());
      const store = createRedisStore({ url: redis.url, prefix: servers.prefix, durability: "memory" });
      await store.start();
      onTestFinished(() => store.stop());
      const [first, second] = stack.dispatchers;
      await first!.replace({
        BERTH_AMQP_URL: through(amqpRelay, rabbitmq.url),
        BERTH_REDIS_URL: through(redisRelay, redis.url),
      });
      if (stack.ownerOf() !== first) await second!.replace();
      await eventually("it owns the space", () => stack.ownerOf() === first);

      redisRelay.holdAnswers();
      const job: TaskRequestInput = {
        ...{ kind: "job", name: "j", target: "web-1", idempotencyKey: "j" },
        script: { text: stack.evidence.script("web-1/script", 2) },
      };
      const enqueued = stack.client().enqueue(job);
      const id = taskIdForKey(stack.space, "j");
      await eventually("it is stored", async () => (await store.task(stack.space, id)) !== null);
      first!.freeze();
      redisRelay.releaseAnswers();
      await eventually("the other one owns it", () => stack.ownerOf() === second, 60_000);
      expect(await enqueued).toMatchObject({ id });
      expect((await stack.client().waitFor(id)).state).toBe("succeeded");

      const sent = publishesOn(amqpRelay);
      const before = await store.history(stack.space);
      first!.thaw();
      await eventually("it sees that it was deposed", () => deposals(first!) > 0);
      await first!.untilReady();
      const after = await store.history(stack.space);
      expect(sent()).toBe(0);
      expect(after.epochs).toEqual(before.epochs);
      expect(stack.ownerOf()).toBe(second);
      expect(stack.evidence.runs()).toHaveLength(1);
      expect((await stack.client().oops.page()).items).toEqual([]);
    }, 120_000);
  },
);

async function relayTo(url: string): Promise<Relay> {
  const relay = await openRelay(Number(new URL(url).port));
  onTestFinished(() => relay.close());
  return relay;
}

function through(relay: Relay, url: string): string {
  const address = new URL(url);
  address.port = String(relay.port);
  return address.href;
}

/** How many messages were sent over it since. */
function publishesOn(relay: Relay): () => number {
  let count = 0;
  const readers = new Map<number, AmqpMethods>();
  relay.watch((bytes, connection) => {
    const reader =
      readers.get(connection) ?? new AmqpMethods((method) => void (count += method === publish ? 1 : 0));
    readers.set(connection, reader);
    reader.take(bytes);
  });
  return () => count;
}
