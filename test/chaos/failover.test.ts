// How soon the other dispatcher goes on where 100,000 legs wait.
import { fileURLToPath } from "node:url";
import type { TaskRequestInput } from "@berth/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EvidentWork } from "../support/crash/handlers.ts";
import { eventually } from "../support/eventually.ts";
import { sharedRabbitmq, sharedRedis, whyNoRabbitmq, whyNoRedis } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";
import { Stack } from "../support/stack/stack.ts";

const handlersFile = fileURLToPath(new URL("../support/crash/handlers.ts", import.meta.url));
const leaseMs = 3_000;
const waiting = 100_000;
const targets = ["web-1", "web-2", "web-3", "web-4"];
const batchSize = 1_000;

describe("two dispatchers", skipBecause((await whyNoRabbitmq()) ?? (await whyNoRedis())), () => {
  test("one is killed with 100,000 legs waiting: the next grant comes within lease + 1 s", async () => {
    const [rabbitmq, redis] = await Promise.all([sharedRabbitmq(), sharedRedis()]);
    const stack = await Stack.open({
      servers: { amqpUrl: rabbitmq.url, redisUrl: redis.url, prefix: `${redis.prefix}-failover` },
      ...{ tentacles: { "tentacle-1": targets }, leaseMs, ownerLeaseMs: leaseMs },
      environment: { BERTH_HANDLERS: handlersFile },
    });
    onTestFinished(() => stack.close());
    const client = stack.client();
    const begunMs = performance.now();
    const hold = await client.holds.place({ owner: "ada", reason: "until all wait" });
    for (let from = 0; from < waiting; from += batchSize)
      await client.enqueueMany(Array.from({ length: batchSize }, (_, index) => deploy(stack, from + index)));
    console.log(`${waiting} tasks were enqueued in ${Math.round(performance.now() - begunMs)} ms`);
    await client.holds.lift(hold.id);
    await eventually("some run", () => stack.evidence.runs().length > 20, 60_000);

    const owner = await stack.untilOwned();
    await owner.kill();
    const killedAt = Date.now();
    const heir = await eventually(
      "the other one owns the space",
      () => {
        const next = stack.ownerOf();
        return next !== owner && next;
      },
      60_000,
    );
    const line = heir.process.log.findLast(({ msg }) => msg === "owns the space");
    const prefix = `${String(line?.epoch).padStart(14, "0")}-`;
    const run = await eventually(
      "a run under the new owner",
      () => stack.evidence.runs().find(({ token }) => token.startsWith(prefix)),
      60_000,
    );
    const afterMs = Math.round(run.startedAt - killedAt);
    console.log(
      `the next task ran ${afterMs} ms after the kill; the space was owned after ${Number(line?.time) - killedAt} ms`,
    );
    // A time is asserted because the time is the law (10): free within lease + 1 s, however many wait.
    expect(afterMs).toBeLessThanOrEqual(leaseMs + 1_000);
    const { tasks } = await client.summary();
    expect(Object.values(tasks).reduce((sum, count) => sum + count, 0)).toBe(waiting);
  }, 240_000);
});

function deploy(stack: Stack, nth: number): TaskRequestInput {
  const input: EvidentWork = { path: stack.evidence.path, mutex: "script", beats: 1 };
  const target = targets[nth % targets.length]!;
  return { kind: "deploy", name: "shop", target, handler: { name: "work", input } };
}
