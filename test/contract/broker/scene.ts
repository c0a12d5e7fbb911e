import { randomUUID } from "node:crypto";
import type { Broker, Consumer, PublishOutcome, QueueFigures, QueueOptions } from "@berth/broker";
import { test as baseTest, expect, type TestAPI } from "vitest";
import { Receiver } from "./receiver.ts";
import type { OpenBroker } from "./subject.ts";

export type ContractTest = TestAPI<{ scene: Scene }>;

/** For states that can only be asked about. Far above what any broker needs: it bounds a failure, not a success. */
const patience = { timeout: 60_000, interval: 10 };

/** Vitest's `test` with a scene for each test. */
export function contractTest(openBroker: () => OpenBroker): ContractTest {
  return baseTest.extend<{ scene: Scene }>({
    // Vitest reads from the pattern what a fixture needs: `task` stands for nothing, which the linter refuses.
    scene: async ({ task: _task }, use) => {
      const scene = new Scene(openBroker());
      await use(scene);
      await scene.leave();
    },
  });
}

export interface Consumption {
  readonly consumer: Consumer;
  readonly receiver: Receiver;
}

/** One test's queues and connections, on a broker that other tests use too. */
export class Scene {
  readonly broker: OpenBroker;
  readonly #connections: Broker[] = [];
  readonly #queues: string[] = [];

  constructor(broker: OpenBroker) {
    this.broker = broker;
  }

  /** A connection that is not started; it is stopped at the end of the test. */
  async connection(): Promise<Broker> {
    const connection = await this.broker.connect();
    this.#connections.push(connection);
    return connection;
  }

  async connect(): Promise<Broker> {
    const connection = await this.connection();
    await connection.start();
    return connection;
  }

  /** A name that no other test uses; what is declared under it is deleted at the end of the test. */
  queueName(): string {
    const name = `contract/${randomUUID()}`;
    this.#queues.push(name);
    return name;
  }

  async queue(connection: Broker, options: Partial<QueueOptions> = {}): Promise<string> {
    const name = this.queueName();
    await connection.declareQueue(name, { deadLetterQueue: null, lifetime: "durable", ...options });
    return name;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.stop()));
    const connection = await this.broker.connect();
    await connection.start();
    await Promise.all(this.#queues.map((name) => connection.deleteQueue(name)));
    await connection.stop();
  }
}

export function send(
  connection: Broker,
  queue: string,
  ...bodies: readonly string[]
): Promise<PublishOutcome[]> {
  return Promise.all(
    bodies.map((body) => connection.publish({ queue, body: Buffer.from(body), persistent: false })),
  );
}

/** A consumer whose messages stay unsettled until the test settles them. */
export async function receive(connection: Broker, queue: string, prefetch = 100): Promise<Consumption> {
  const receiver = new Receiver();
  const consumer = await connection.consume(queue, { prefetch }, receiver.handler);
  return { consumer, receiver };
}

/** Waits until the broker answers with these figures. */
export async function figuresBecome(
  connection: Broker,
  queue: string,
  figures: QueueFigures | null,
): Promise<void> {
  await expect.poll(() => connection.inspectQueue(queue), patience).toEqual(figures);
}

/** Waits until nothing can be sent to the queue. Asking for its figures might keep a session queue alive. */
export async function becomesUnroutable(connection: Broker, queue: string): Promise<void> {
  await expect.poll(() => send(connection, queue, "anyone?"), patience).toEqual(["unroutable"]);
}
