// One fault after the other on the real stack, each in the middle of work. After each of them all laws are looked at, over all that has
// happened so far.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { skipBecause } from "../support/skip.ts";
import type { StackPart } from "../support/stack/part.ts";
import { deliveriesLost, garbageSent, memoryAlarm, rabbitmqKilled } from "./faults/broker.ts";
import { dispatcherFrozen, dispatcherKilled } from "./faults/dispatchers.ts";
import { queuesOf } from "./faults/garbage.ts";
import {
  redisEmptied,
  redisFlushed,
  redisKilled,
  replicaPromoted,
  replicaPromotedToHeir,
} from "./faults/store.ts";
import { apiKilled, tentacleKilled } from "./faults/tentacles.ts";
import { slowestRegrantMs } from "./laws/freed-in-time.ts";
import { consumerTimeoutMs } from "./servers.ts";
import { withstand } from "./withstand.ts";
import { ChaosWorld } from "./world.ts";

const limitMs = 120_000;
const openMs = 180_000;

describe("the real stack", skipBecause((await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis())), () => {
  let world: ChaosWorld;
  beforeAll(async () => {
    world = await ChaosWorld.open();
  }, openMs);
  afterAll(() => world?.close(), openMs);

  test(
    "kill -9 of the dispatcher: the other one goes on within lease + 1 s",
    async () => {
      const before = world.regrants.length;
      await withstand(world, dispatcherKilled);
      expect(world.regrants).toHaveLength(before + 1);
      console.log(
        `the next grant of the space came after ${slowestRegrantMs(world.regrants.slice(before))} ms`,
      );
    },
    limitMs,
  );

  test(
    "kill -9 of a tentacle: its slot goes to the next one within lease + 1 s, and not before",
    async () => {
      const before = world.regrants.length;
      await withstand(world, tentacleKilled);
      expect(world.regrants).toHaveLength(before + 1);
      console.log(
        `the next grant of the slot came after ${slowestRegrantMs(world.regrants.slice(before))} ms`,
      );
    },
    limitMs,
  );

  test(
    "kill -9 of the API: whoever asked it asks again",
    async () => {
      const { server, requests } = world;
      const before = server.unanswered;
      let asked: Promise<string> = Promise.resolve("");
      await withstand(world, apiKilled, async (load) => {
        asked = load.enqueue(requests.simple(world.newKey("asked"), "job", "web-1", 1));
        await eventually("nobody answers", () => server.unanswered > before);
      });
      expect(world.answered).toContain(await asked);
    },
    limitMs,
  );

  test(
    "a dispatcher that is stopped for longer than its lease and goes on",
    async () => {
      await withstand(world, dispatcherFrozen);
    },
    limitMs,
  );

  test(
    "kill -9 of RabbitMQ",
    async () => {
      await withstand(world, rabbitmqKilled);
    },
    limitMs,
  );

  test(
    "a restart of RabbitMQ in which deliveries are gone that had not arrived",
    async () => {
      await withstand(world, deliveriesLost);
    },
    limitMs,
  );

  test(
    "a memory alarm of RabbitMQ: what is sent waits, and goes on",
    async () => {
      const blocked = (part: StackPart): number =>
        part.log.filter(({ msg }) => msg.includes("short of memory")).length;
      const { dispatchers, api, tentacles } = world.stack;
      const before = new Map(world.stack.parts.map((part) => [part, blocked(part)]));
      await withstand(world, memoryAlarm, async () => {
        for (const part of [api, ...tentacles])
          await eventually(`${part.name} is blocked`, () => blocked(part) > (before.get(part) ?? 0));
      });
      for (const part of dispatchers) expect(part.isUp).toBe(true);
    },
    limitMs,
  );

  test(
    "garbage in every queue: each piece is told of, and stops nobody",
    async () => {
      const kinds = (await queuesOf(world)).map((name) => name.split("/")[2] ?? "");
      expect(kinds).toEqual(expect.arrayContaining(["inbox", "refused", "target", "session"]));
      expect(kinds.some((kind) => kind.startsWith("api-"))).toBe(true);
      await withstand(world, garbageSent);
    },
    limitMs,
  );

  test(
    "kill -9 of Redis",
    async () => {
      await withstand(world, redisKilled);
    },
    limitMs,
  );

  test(
    "Redis restarted empty: the owner writes everything back",
    async () => {
      await withstand(world, redisEmptied);
    },
    limitMs,
  );

  test(
    "FLUSHALL: the owner writes everything back",
    async () => {
      await withstand(world, redisFlushed);
    },
    limitMs,
  );

  test(
    "a replica promoted that lacks the last writes: the owner writes them again",
    async () => {
      await withstand(world, replicaPromoted);
    },
    limitMs,
  );

  test(
    "the same while the owner stands still: its heir gets the missing commands",
    async () => {
      await withstand(world, replicaPromotedToHeir);
    },
    limitMs,
  );

  test(
    "a task that takes longer than the consumer timeout of RabbitMQ goes on undisturbed",
    async () => {
      const { stack, servers } = world;
      const { load, stop } = world.startLoad("long", 1, 0);
      const beats = (consumerTimeoutMs * 2.5) / 20;
      const id = await load.enqueue(world.requests.simple(world.newKey("long"), "job", "web-3", beats));
      const closed = closings(stack.part("tentacle-3"));
      const task = await load.settled(id);
      await stop();
      expect(task).toMatchObject({ state: "succeeded", legs: [{ attempt: 1, failures: 0 }] });
      expect(stack.evidence.runs().filter((run) => run.task === id)).toHaveLength(1);
      const isForEachQueue = !/^3\.([0-9]|1[01])\./.test(servers.rabbitmq.version);
      // Where a queue has a timeout of its own, the server's does not count, and nothing happens at all.
      if (isForEachQueue) expect(closings(stack.part("tentacle-3"))).toBe(closed);
      else expect(closings(stack.part("tentacle-3"))).toBeGreaterThan(closed);
    },
    limitMs,
  );
});

/** How often RabbitMQ took a channel away because of a message that was not acknowledged. */
function closings(tentacle: StackPart): number {
  return tentacle.log.filter(({ msg, err }) => {
    const { message = "" } = (err ?? {}) as { readonly message?: string };
    return msg.startsWith("RabbitMQ closed the channel") && message.includes("timed out");
  }).length;
}
