// A dispatcher is stopped at the worst moment: what it decided is stored, and nothing of it has been sent. When it goes on, its lease is
// over and somebody else has the space.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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

      // One ends while the other waits for its slot: that end and the grant are one commit, and what is to be sent is the delivery.
      const client = stack.client();
      const file = join(stack.folder, "the-end");
      const script = (text: string) => ({ kind: "deploy", target: "web-1", script: { text } }) as const;
      const ending = await client.enqueue(script(stack.evidence.scriptUntil("web-1/script", file)));
      await eventually("it runs", () => stack.evidence.runs().length === 1);
      const next = await client.enqueue(script(stack.evidence.script("web-1/script", 2)));
      redisRelay.holdAnswers();
      await writeFile(file, "");
      const isGranted = async (): Promise<boolean> => {
        const stored = await store.task(stack.space, next.id);
        return stored?.task.status.state === "granted";
      };
      await eventually("the grant is stored", isGranted);
      first!.freeze();
      redisRelay.releaseAnswers();
      await eventually("the other one owns it", () => stack.ownerOf() === second, 60_000);
      for (const { id } of [ending, next]) expect((await client.waitFor(id)).state).toBe("succeeded");

      const sent = publishesOn(amqpRelay);
      const before = await store.history(stack.space);
      first!.thaw();
      await eventually("it sees that it was deposed", () => deposals(first!) > 0);
      await first!.untilReady();
      const after = await store.history(stack.space);
      expect(sent()).toBe(0);
      expect(after.epochs).toEqual(before.epochs);
      expect(stack.ownerOf()).toBe(second);
      expect(stack.evidence.runs()).toHaveLength(2);
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
    const see = (method: string): void => {
      if (method === publish) count += 1;
    };
    const reader = readers.get(connection) ?? new AmqpMethods(see);
    readers.set(connection, reader);
    reader.take(bytes);
  });
  return () => count;
}
