import { setImmediate } from "node:timers/promises";
import { describe, expect } from "vitest";
import { skipBecause } from "../../support/skip.ts";
import { marked, texts } from "./receiver.ts";
import { type ContractTest, receive, type Scene, send } from "./scene.ts";
import type { BrokerSubject } from "./subject.ts";

const restartTimeoutMs = 180_000;

export function recoveryContract(test: ContractTest, subject: BrokerSubject): void {
  if (!subject.capabilities.durable) {
    // Not a skip: no machine could make it run. What the broker cannot do it must say.
    test("the broker keeps nothing beyond its process and says so: no test of its restart applies", async ({
      scene,
    }) => {
      const broker = await scene.connect();
      expect(broker.capabilities.durable).toBe(false);
      expect(scene.broker.restart).toBeUndefined();
    });
    return;
  }
  const options = { timeout: restartTimeoutMs, ...skipBecause(subject.restartIsImpossible) };
  describe("after the broker was restarted", options, () => {
    keeping(test);
    goingOn(test);
    telling(test);
  });
}

async function restart(scene: Scene): Promise<void> {
  const { broker } = scene;
  if (broker.restart === undefined)
    throw new Error("A durable broker must be restarted, or say why it cannot be.");
  await broker.restart();
}

/** Resolves when the connection says that messages may be lost, which is when it works again. */
function reconnected(broker: { onMessagesLost(listener: () => void): () => void }): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = broker.onMessagesLost(() => {
      stopListening();
      resolve();
    });
  });
}

function keeping(test: ContractTest): void {
  for (const content of ["copies", "record"] as const) keepingContent(test, content);
}

function keepingContent(test: ContractTest, content: "copies" | "record"): void {
  test(`persistent ${content} are there in their order, also what was with a consumer`, async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker, { content });
    const bodies = ["a", "b", "c", "d"];
    await Promise.all(
      bodies.map((body) => broker.publish({ queue, body: Buffer.from(body), persistent: true })),
    );
    const { receiver } = await receive(broker, queue, 2);
    await receiver.take(2);
    await broker.stop();
    await restart(scene);
    const after = await receive(await scene.connect(), queue);
    expect(texts(await after.receiver.take(4))).toEqual(bodies);
  });
}

function goingOn(test: ContractTest): void {
  test("a consumer goes on, gets again what it had not settled, and old acks are ignored", async ({
    scene,
  }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    await broker.publish({ queue, body: Buffer.from("running"), persistent: true });
    const { consumer, receiver } = await receive(broker, queue, 1);
    const before = await receiver.next();
    const back = reconnected(broker);
    await restart(scene);
    await back;
    const again = await receiver.next();
    expect(marked([again])).toEqual(["running+"]);
    before.ack();
    await send(broker, queue, "next");
    expect(receiver.messages).toHaveLength(2);
    again.ack();
    expect(marked([await receiver.next()])).toEqual(["next"]);
    await consumer.release();
  });

  test("a publish that was under way has an answer, and the connection can send again", async ({ scene }) => {
    const broker = await scene.connect();
    const queue = await scene.queue(broker);
    const back = reconnected(broker);
    let isDown = true;
    const answers = (async () => {
      const codes = new Set<string>();
      while (isDown) {
        const message = { queue, body: Buffer.from("?"), persistent: true };
        codes.add(await broker.publish(message).catch((error: { code: string }) => error.code));
        // A refusal needs no I/O, and this loop must not keep the process from reconnecting.
        await setImmediate();
      }
      return codes;
    })();
    await restart(scene);
    await back;
    isDown = false;
    const possible = ["queued", "outcome_unknown", "broker_unreachable"];
    expect(possible).toEqual(expect.arrayContaining([...(await answers)]));
    expect(await send(broker, queue, "works")).toEqual(["queued"]);
  });
}

function telling(test: ContractTest): void {
  test("each listener hears that messages may be lost, unless it stopped listening", async ({ scene }) => {
    const broker = await scene.connect();
    const heard: string[] = [];
    const stopListening = broker.onMessagesLost(() => heard.push("stopped"));
    broker.onMessagesLost(() => heard.push("listening"));
    stopListening();
    const back = reconnected(broker);
    await restart(scene);
    await back;
    expect(heard).toContain("listening");
    expect(heard).not.toContain("stopped");
  });
}
