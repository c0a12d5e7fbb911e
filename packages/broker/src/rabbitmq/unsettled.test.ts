import type { ConsumeMessage } from "amqplib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RabbitmqConsumer } from "./consumer.ts";
import { Delivery } from "./delivery.ts";
import { type SettlingChannel, Unsettled } from "./unsettled.ts";

const consumer = new RabbitmqConsumer(
  "queue",
  1,
  () => {},
  () => {},
);

/** The server's side of a channel, as RabbitMQ has it: a tag that it does not know closes the channel. */
class Server implements SettlingChannel {
  readonly words: string[] = [];
  readonly told: string[] = [];
  readonly #unsettled = new Set<number>();

  deliver(tag: number): void {
    this.#unsettled.add(tag);
  }

  ack(tag: number, multiple: boolean): void {
    this.#settle(tag, multiple, "ack");
  }

  nack(tag: number, multiple: boolean, requeue: boolean): void {
    this.#settle(tag, multiple, requeue ? "requeue" : "refuse");
  }

  get left(): number[] {
    return [...this.#unsettled];
  }

  #settle(tag: number, multiple: boolean, how: string): void {
    this.words.push(`${how} ${multiple ? "to " : ""}${tag}`);
    if (!this.#unsettled.has(tag)) throw new Error(`unknown delivery tag ${tag}`);
    const tags = multiple ? this.left.filter((one) => one <= tag) : [tag];
    for (const one of tags) {
      this.#unsettled.delete(one);
      this.told.push(`${how} ${one}`);
    }
  }
}

function channel(count: number): { server: Server; unsettled: Unsettled; deliveries: Delivery[] } {
  const server = new Server();
  const unsettled = new Unsettled(server);
  const deliveries = Array.from({ length: count }, (_, index) => deliver(server, unsettled, index + 1));
  return { server, unsettled, deliveries };
}

function deliver(server: Server, unsettled: Unsettled, tag: number): Delivery {
  server.deliver(tag);
  const message = { content: Buffer.alloc(0), fields: { deliveryTag: tag }, properties: {} };
  const delivery = new Delivery(consumer, message as ConsumeMessage, unsettled);
  unsettled.add(delivery);
  return delivery;
}

describe("what is settled within a turn", () => {
  test("is told with one word where nothing unsettled stands before it", () => {
    const { server, unsettled, deliveries } = channel(50);
    for (const delivery of deliveries.toReversed()) delivery.ack();
    unsettled.flush();
    expect(server.words).toEqual(["ack to 50"]);
  });

  test("is told in runs where acks and nacks take turns", () => {
    const { server, unsettled, deliveries } = channel(30);
    for (const delivery of deliveries.slice(0, 10)) delivery.ack();
    for (const delivery of deliveries.slice(10, 20)) delivery.nack(true);
    for (const delivery of deliveries.slice(20, 29)) delivery.nack(false);
    deliveries[29]!.ack();
    unsettled.flush();
    expect(server.words).toEqual(["ack to 10", "requeue to 20", "refuse to 29", "ack 30"]);
  });

  test("goes past what is held", () => {
    const { server, unsettled, deliveries } = channel(4);
    deliveries[3]!.ack();
    deliveries[1]!.ack();
    unsettled.flush();
    expect(server.words).toEqual(["ack 4", "ack 2"]);
    deliveries[0]!.ack();
    deliveries[2]!.ack();
    unsettled.flush();
    expect(server.words.slice(2)).toEqual(["ack to 3"]);
    expect(unsettled.isEmpty).toBe(true);
  });

  test("is told by itself at the end of the turn", async () => {
    const { server, deliveries } = channel(2);
    deliveries[0]!.ack();
    await Promise.resolve().then(() => deliveries[1]!.ack());
    await new Promise(process.nextTick);
    expect(server.words).toEqual(["ack to 2"]);
  });

  test("after the end of the channel is told to nobody", () => {
    const { server, unsettled, deliveries } = channel(3);
    deliveries[0]!.ack();
    unsettled.die();
    deliveries[1]!.ack();
    deliveries[2]!.nack(true);
    unsettled.flush();
    expect(server.words).toEqual([]);
  });
});

test("whatever is settled in whatever order, each is told once and right, and nacks in the order of the calls", () => {
  const how = fc.constantFrom("ack", "requeue", "refuse", "held");
  const step = fc.record({ delivered: fc.nat(6), settled: fc.array(fc.tuple(fc.nat(20), how)) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { server, unsettled } = channel(0);
      const [held, wanted, nacks]: [Delivery[], Map<number, string>, string[]] = [[], new Map(), []];
      let tags = 0;
      for (const { delivered, settled } of steps) {
        for (let count = 0; count < delivered; count += 1) held.push(deliver(server, unsettled, ++tags));
        for (const [place, what] of settled) {
          if (what === "held" || held.length === 0) continue;
          const [delivery] = held.splice(place % held.length, 1);
          wanted.set(delivery!.tag, `${what} ${delivery!.tag}`);
          if (what !== "ack") nacks.push(`${what} ${delivery!.tag}`);
          if (what === "ack") delivery!.ack();
          else delivery!.nack(what === "requeue");
        }
        unsettled.flush();
        expect(server.left).toEqual(held.map(({ tag }) => tag).sort((one, other) => one - other));
      }
      expect(server.told.toSorted()).toEqual([...wanted.values()].toSorted());
      expect(server.told.filter((word) => !word.startsWith("ack"))).toEqual(nacks);
    }),
  );
});
