import { type Broker, JsonMessage } from "@berth/broker";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { Redis } from "ioredis";
import { pino } from "pino";
import { monotonicMs } from "./clock.ts";
import { median, rounded } from "./figures.ts";
import type { ServerUrls } from "./systems/system.ts";

const probes = 500;

/** What the ways take that every handover of Berth goes, one message at a time; ms, medians. */
export interface Ways {
  /** Through a queue like the inbox, whose messages are on the disk before they are handed on. */
  readonly inbox: number;
  /** Through a queue like that of a target or a session. */
  readonly delivery: number;
  /** A round trip to Redis. */
  readonly redis: number;
}

export async function waysOf(urls: ServerUrls, run: string): Promise<Ways> {
  const logger = pino({ level: "silent" });
  const broker = createRabbitmqBroker({ url: urls.amqp, connectionName: run, restricted: false, logger });
  await broker.start();
  try {
    return {
      inbox: await throughQueueMs(broker, `${run}-record`, "record"),
      delivery: await throughQueueMs(broker, `${run}-copies`, "copies"),
      redis: rounded(await roundTripMs(urls.redis), 3),
    };
  } finally {
    await broker.stop();
  }
}

async function throughQueueMs(broker: Broker, queue: string, content: "record" | "copies"): Promise<number> {
  await broker.declareQueue(queue, { lifetime: "durable", deadLetterQueue: null, content });
  let arrived = (): void => {};
  const consumer = await broker.consume(queue, { prefetch: 100 }, (message) => {
    message.ack();
    arrived();
  });
  const times: number[] = [];
  while (times.length < probes) {
    const { promise, resolve } = Promise.withResolvers<void>();
    arrived = resolve;
    const startedAt = monotonicMs();
    await Promise.all([promise, broker.publish(new JsonMessage(queue, times.length, content === "record"))]);
    times.push(monotonicMs() - startedAt);
  }
  await consumer.cancel();
  await broker.deleteQueue(queue);
  return rounded(median(times), 3);
}

export async function roundTripMs(url: string): Promise<number> {
  const redis = new Redis(url);
  const times: number[] = [];
  while (times.length < probes) {
    const startedAt = monotonicMs();
    await redis.ping();
    times.push(monotonicMs() - startedAt);
  }
  redis.disconnect();
  return median(times);
}
