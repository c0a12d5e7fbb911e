import type { Channel } from "amqplib";
import { answeredWithin, settledWithin } from "./deadline.ts";
import { brokerErrorOf, unreachable } from "./errors.ts";
import type { Link } from "./link.ts";

/** So many requests are under way at once: a client that waits for each answer would declare 10,000 queues in a minute. */
const laneCount = 8;

/**
 * Requests that concern a queue as a whole. A request that the server refuses takes its channel along, so no other request is
 * ever on the same channel at the same time, and no message is. Requests for one queue are done in the order of the calls.
 */
export class Control {
  readonly #lanes: readonly Lane[];

  constructor(link: Link, timeoutMs: number) {
    this.#lanes = Array.from({ length: laneCount }, () => new Lane(link, timeoutMs));
  }

  /** Rejects with a `BrokerError`. */
  run<Answer>(queue: string, work: (channel: Channel) => Promise<Answer>): Promise<Answer> {
    const lane = this.#lanes[numberOf(queue) % laneCount];
    if (lane === undefined) throw new Error("there is no lane");
    return lane.run(queue, work);
  }

  async close(deadlineMs: number): Promise<void> {
    await settledWithin(Promise.all(this.#lanes.map((lane) => lane.close())), deadlineMs);
  }
}

class Lane {
  readonly #link: Link;
  readonly #timeoutMs: number;
  #channel: Promise<Channel> | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(link: Link, timeoutMs: number) {
    this.#link = link;
    this.#timeoutMs = timeoutMs;
  }

  run<Answer>(queue: string, work: (channel: Channel) => Promise<Answer>): Promise<Answer> {
    const answer = this.#tail.then(() => this.#runNow(queue, work));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#drop();
  }

  async #runNow<Answer>(queue: string, work: (channel: Channel) => Promise<Answer>): Promise<Answer> {
    try {
      const answer = this.#openChannel().then(work);
      return await answeredWithin(answer, this.#timeoutMs, () => {
        void this.#drop();
        return unreachable(`no answer for "${queue}" within ${this.#timeoutMs} ms`);
      });
    } catch (error) {
      throw brokerErrorOf(error, queue);
    }
  }

  async #openChannel(): Promise<Channel> {
    const opening = this.#channel ?? this.#open();
    this.#channel = opening;
    try {
      return await opening;
    } catch (error) {
      // Only here: what fails at once would be forgotten before it is kept, and then found by all who come later.
      if (this.#channel === opening) this.#channel = null;
      throw error;
    }
  }

  async #open(): Promise<Channel> {
    const { model } = this.#link;
    if (model === null) throw unreachable("there is no connection");
    const channel = await model.createChannel();
    channel.on("error", () => {});
    channel.on("close", () => {
      this.#channel = null;
    });
    return channel;
  }

  async #drop(): Promise<void> {
    const channel = this.#channel;
    this.#channel = null;
    // It may be closed already, which is as good.
    await channel?.then((opened) => opened.close()).catch(() => {});
  }
}

function numberOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = (hash * 31 + text.charCodeAt(index)) >>> 0;
  return hash;
}
