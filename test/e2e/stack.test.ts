// The real stack: each part a process of its own, on RabbitMQ and Redis.
import { fileURLToPath } from "node:url";
import type { TaskRequestInput } from "@berth/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { collect } from "../support/collect.ts";
import { oopsFindings, runFindings, slotOverlaps, taskOverlaps } from "../support/crash/findings.ts";
import { eventually } from "../support/eventually.ts";
import { openRabbitmq, openRedis, whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { sharedRabbitmq, sharedRedis, whyNoRabbitmq, whyNoRedis } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";
import { keepAsking } from "../support/stack/gap.ts";
import { Stack, type StackServers, type StackWish } from "../support/stack/stack.ts";

const handlersFile = fileURLToPath(new URL("../support/stack/handlers.ts", import.meta.url));
let stacks = 0;

async function sharedServers(): Promise<StackServers> {
  const [rabbitmq, redis] = await Promise.all([sharedRabbitmq(), sharedRedis()]);
  stacks += 1;
  return { amqpUrl: rabbitmq.url, redisUrl: redis.url, prefix: `${redis.prefix}-${stacks}` };
}

/** Closed with the test; what it logged is shown where the test fails. */
async function openStack(wish: Partial<StackWish> = {}): Promise<Stack> {
  const stack = await Stack.open({ servers: await sharedServers(), ...wish });
  onTestFinished(() => stack.close());
  return stack;
}

describe("the real stack", skipBecause((await whyNoRabbitmq()) ?? (await whyNoRedis())), () => {
  test("runs tasks of all kinds, on one target and on several, as scripts and as handlers", async () => {
    const stack = await openStack({ environment: { BERTH_HANDLERS: handlersFile } });
    const client = stack.client();
    const script = (target: string) => ({ text: stack.evidence.script(`${target}/script`, 3) });
    const requests: TaskRequestInput[] = [];
    for (const target of ["web-1", "web-2"]) {
      for (const kind of ["deploy", "job", "job", "runbook", "health-check", "deploy"] as const)
        requests.push({ kind, name: `${kind} ${requests.length}`, target, script: script(target) });
    }
    const both = { targets: ["web-1", "web-2"], script: { text: "echo both" } };
    requests.push({ kind: "deploy", name: "rolling", ...both, rollout: { type: "rolling", window: 1 } });
    requests.push({ kind: "deploy", name: "together", ...both, rollout: { type: "together" } });
    requests.push({ kind: "job", name: "greet", target: "web-2", handler: { name: "greet", input: "ada" } });
    const enqueued = await client.enqueueMany(requests);
    const ids = enqueued.map((each) => ("id" in each ? each.id : each.error.message));
    const tasks = await Promise.all(ids.map((id) => client.waitFor(id)));
    expect(tasks.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
    const no = await client.enqueue({
      kind: "job",
      name: "no",
      target: "web-1",
      handler: { name: "say-no" },
    });
    expect(await client.waitFor(no.id)).toMatchObject({ state: "failed", legs: [{ exitCode: 4 }] });

    const runs = stack.evidence.runs();
    const scripted = tasks.slice(0, 12);
    expect(runs).toHaveLength(scripted.length);
    expect(slotOverlaps(runs)).toEqual([]);
    expect(taskOverlaps(runs)).toEqual([]);
    expect(runFindings(runs, scripted)).toEqual([]);
    expect(oopsFindings(tasks, await collect(client.oops.each({ limit: 1000 })), runs)).toEqual([]);
    for (const part of stack.parts) expect([part.name, part.errorText]).toEqual([part.name, ""]);
  }, 120_000);

  test("goes on while one dispatcher after the other is replaced, and whoever asks hardly notices", async () => {
    const stack = await openStack();
    const ids: string[] = [];
    const asking = keepAsking(
      () => stack.client(),
      async (client) => {
        const name = `job ${ids.length}`;
        const job = {
          kind: "job",
          name,
          target: "web-1",
          script: { text: "true" },
          idempotencyKey: name,
        } as const;
        ids.push((await client.enqueue(job)).id);
      },
    );
    await eventually("some were answered", () => asking.answered() > 10);
    const first = await stack.untilOwned();
    await first.replace();
    const second = await eventually("another one owns it", () => {
      const owner = stack.ownerOf();
      return owner !== null && owner !== first && owner;
    });
    await second.replace();
    await eventually("the first one owns it again", () => stack.ownerOf() === first);
    const before = asking.answered();
    await eventually("more were answered", () => asking.answered() > before + 10);
    const gapMs = await asking.stop();
    console.log(
      `two dispatchers were replaced; the longest gap between two answers was ${Math.round(gapMs)} ms`,
    );
    const client = stack.client();
    for (const id of ids) expect((await client.waitFor(id)).state).toBe("succeeded");
    expect((await client.oops.page()).items).toEqual([]);
    for (const part of stack.dispatchers) expect(part.log.filter(({ level }) => level >= 50)).toEqual([]);
  }, 120_000);

  test("shares the spaces between its dispatchers, and one that is killed loses them to the other", async () => {
    const spaces = ["s-1", "s-2", "s-3", "s-4"];
    const stack = await openStack({ spaces });
    const [one, other] = stack.dispatchers;
    const owned = (part: unknown): number => spaces.filter((each) => stack.ownerOf(each) === part).length;
    await eventually("each has two", () => owned(one) === 2 && owned(other) === 2, 60_000);
    await one!.kill();
    await eventually("the other one has all", () => owned(other) === 4, 60_000);
    await stack.api.untilReady();
    await one!.start();
    await eventually("each has two again", () => owned(one) === 2 && owned(other) === 2, 60_000);
  }, 120_000);

  test("a dispatcher that was frozen for longer than its lease commits and sends nothing", async () => {
    const stack = await openStack();
    const frozen = await stack.untilOwned();
    frozen.freeze();
    const heir = await eventually(
      "the other one owns it",
      () => {
        const owner = stack.ownerOf();
        return owner !== null && owner !== frozen && owner;
      },
      60_000,
    );
    await stack.api.untilReady(60_000);
    const client = stack.client();
    const { id } = await client.enqueue({
      kind: "job",
      name: "j",
      target: "web-1",
      script: { text: "true" },
    });
    expect((await client.waitFor(id)).state).toBe("succeeded");
    frozen.thaw();
    await eventually("it sees that it was deposed", () =>
      frozen.log.some(({ msg }) => msg.includes("another dispatcher owns space")),
    );
    expect(stack.ownerOf()).toBe(heir);
    expect((await client.task(id)).state).toBe("succeeded");
    expect((await client.oops.page()).items).toEqual([]);
  }, 120_000);
});

const whyNoPrivate = (await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis());
describe("each part says the truth about itself", skipBecause(whyNoPrivate), () => {
  test("before its servers are there, while they are away, and when they are back", async () => {
    const [rabbitmq, redis] = await Promise.all([openRabbitmq(), openRedis({ appendonly: true })]);
    onTestFinished(async () => void (await Promise.all([rabbitmq.stop(), redis.stop()])));
    await Promise.all([rabbitmq.kill(), redis.kill()]);
    const servers = { amqpUrl: rabbitmq.url, redisUrl: redis.url, prefix: "berth" };
    const stack = await Stack.prepare({ servers });
    onTestFinished(() => stack.close());
    await stack.start();
    for (const part of stack.parts) {
      expect((await fetch(`${part.url}/healthz`)).status).toBe(200);
      expect(await part.readiness()).toMatchObject({
        isReady: false,
        message: expect.stringMatching(/^not ready: /),
      });
    }
    for (const part of stack.parts)
      await eventually(`${part.name} says that it waits`, () =>
        part.log.some(({ msg }) => msg.startsWith("waits for")),
      );
    await Promise.all([rabbitmq.start(), redis.start()]);
    await stack.untilReady();

    await redis.kill();
    for (const part of [...stack.dispatchers, stack.api])
      await eventually(`${part.name} misses the store`, async () =>
        (await part.readiness()).message.includes("the store"),
      );
    await redis.start();
    await stack.untilReady();

    await rabbitmq.kill();
    for (const part of stack.parts)
      await eventually(`${part.name} is not ready`, async () => !(await part.readiness()).isReady);
    await rabbitmq.start();
    await stack.untilReady();
    const client = stack.client();
    const { id } = await client.enqueue({
      kind: "job",
      name: "j",
      target: "web-1",
      script: { text: "true" },
    });
    expect((await client.waitFor(id)).state).toBe("succeeded");
    for (const part of stack.parts) expect(part.process.hasEnded).toBe(false);
  }, 240_000);
});
