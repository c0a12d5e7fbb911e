import { setImmediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { Broker, IncomingMessage } from "../port.ts";
import { createMemoryBroker } from "./index.ts";

const durable = { deadLetterQueue: null, lifetime: "durable" } as const;

async function connected(): Promise<Broker> {
  const connection = createMemoryBroker().connect();
  await connection.start();
  await connection.declareQueue("queue", durable);
  return connection;
}

function publish(connection: Broker, ...bodies: readonly string[]): void {
  for (const body of bodies) {
    void connection.publish({ queue: "queue", body: Buffer.from(body), persistent: false });
  }
}

/** All deliveries that a turn of the event loop owes. */
async function deliveries(received: readonly unknown[], count: number): Promise<void> {
  while (received.length < count) await setImmediate();
}

describe("the in-process broker", () => {
  test("hands a queue's messages to its consumers in turns", async () => {
    const connection = await connected();
    const received: string[] = [];
    for (const name of ["x", "y", "z"]) {
      await connection.consume("queue", { prefetch: 10 }, ({ body }) => received.push(`${name}${body}`));
    }
    publish(connection, "1", "2", "3", "4", "5");
    await deliveries(received, 5);
    expect(received).toEqual(["x1", "y2", "z3", "x4", "y5"]);
  });

  test("puts what comes back into its exact old place, in whatever order it comes back", async () => {
    const connection = await connected();
    const held: IncomingMessage[] = [];
    const consumer = await connection.consume("queue", { prefetch: 4 }, (message) => held.push(message));
    publish(connection, "a", "b", "c", "d", "e");
    await deliveries(held, 4);
    await consumer.cancel();
    for (const index of [2, 0, 3, 1]) held[index]!.nack(true);
    const again: string[] = [];
    await connection.consume("queue", { prefetch: 10 }, ({ body }) => again.push(String(body)));
    await deliveries(again, 5);
    expect(again).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("lets timers and I/O in between, however much waits", async () => {
    const connection = await connected();
    publish(connection, ...Array.from({ length: 10_000 }, String));
    let received = 0;
    await connection.consume("queue", { prefetch: 1 }, (message) => {
      received += 1;
      message.ack();
    });
    await setImmediate();
    await setImmediate();
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(5_000);
  });

  test("serves a short queue before a long one is empty", async () => {
    const connection = await connected();
    await connection.declareQueue("short", durable);
    const order: string[] = [];
    const handler = (message: IncomingMessage): void => {
      order.push(message.queue);
      message.ack();
    };
    publish(connection, ...Array.from({ length: 1_000 }, String));
    await connection.publish({ queue: "short", body: Buffer.alloc(0), persistent: false });
    await connection.consume("queue", { prefetch: 1 }, handler);
    await connection.consume("short", { prefetch: 1 }, handler);
    await deliveries(order, 1_001);
    expect(order.indexOf("short")).toBeLessThan(100);
  });

  test("delivers while a test has replaced the timers", async () => {
    vi.useFakeTimers();
    try {
      const connection = await connected();
      const { promise, resolve } = Promise.withResolvers<string>();
      await connection.consume("queue", { prefetch: 1 }, ({ body }) => resolve(String(body)));
      publish(connection, "on time");
      expect(await promise).toBe("on time");
    } finally {
      vi.useRealTimers();
    }
  });

  test("hands the publisher's buffer over as it is", async () => {
    const connection = await connected();
    const body = Buffer.from("shared");
    const received: Buffer[] = [];
    await connection.consume("queue", { prefetch: 1 }, (message) => received.push(message.body));
    await connection.publish({ queue: "queue", body, persistent: false });
    await deliveries(received, 1);
    expect(received[0]).toBe(body);
  });

  test("reports what a handler threw, with its queue", async () => {
    const reports: unknown[] = [];
    const broker = createMemoryBroker({ onHandlerError: (error, queue) => reports.push([error, queue]) });
    const connection = broker.connect();
    await connection.start();
    await connection.declareQueue("queue", durable);
    const error = new Error("thrown by the test's handler");
    await connection.consume("queue", { prefetch: 1 }, () => {
      throw error;
    });
    publish(connection, "a");
    await deliveries(reports, 1);
    expect(reports).toEqual([[error, "queue"]]);
  });

  test("deletes a session queue that nobody consumes with a connection that used it, and with no other", async () => {
    const broker = createMemoryBroker();
    const [owner, stranger, observer] = [broker.connect(), broker.connect(), broker.connect()];
    await Promise.all([owner, stranger, observer].map((connection) => connection.start()));
    await owner.declareQueue("session", { deadLetterQueue: null, lifetime: "session" });
    await stranger.stop();
    expect(await observer.inspectQueue("session")).not.toBeNull();
    await owner.stop();
    expect(await observer.inspectQueue("session")).toBeNull();
  });

  test("keeps two brokers of one process apart", async () => {
    const first = await connected();
    const second = createMemoryBroker().connect();
    await second.start();
    expect(await second.inspectQueue("queue")).toBeNull();
    await first.stop();
  });
});
