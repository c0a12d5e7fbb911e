import { type Broker, BrokerError, type Consumer, type MessageHandler } from "@berth/broker";
import type { Logger } from "pino";
import { BackOff } from "./back-off.ts";
import { pause } from "./timing.ts";

const warnEveryMs = 60_000;

export interface TargetConsumersSetup {
  readonly broker: Broker;
  readonly targets: readonly string[];
  readonly queueOf: (target: string) => string;
  readonly prefetch: number;
  readonly receive: MessageHandler;
  readonly logger: Logger;
}

/**
 * Consumes the queues of all targets. It makes none, since it may not: the server makes the queue of a target when the
 * target is made known to it, and until then this tries again and again.
 */
export class TargetConsumers {
  readonly #setup: TargetConsumersSetup;
  readonly #consumers: Map<string, Consumer> = new Map();
  readonly #missing: Set<string>;
  readonly #cancelled: AbortController = new AbortController();
  #retrying = false;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(setup: TargetConsumersSetup) {
    this.#setup = setup;
    this.#missing = new Set(setup.targets);
  }

  /** Resolves when each target has been tried once. */
  async start(): Promise<void> {
    await this.#tryMissing();
    this.#retry();
  }

  /** No further message comes; what has come can still be settled. */
  async cancel(): Promise<void> {
    this.#cancelled.abort();
    await this.#settleAll((consumer) => consumer.cancel());
  }

  /** Gives back what is not settled. */
  async release(): Promise<void> {
    this.#cancelled.abort();
    await this.#settleAll((consumer) => consumer.release());
  }

  async #settleAll(how: (consumer: Consumer) => Promise<void>): Promise<void> {
    // A connection that is gone has given everything back by itself.
    await Promise.all([...this.#consumers.values()].map((consumer) => how(consumer).catch(() => {})));
  }

  async #tryMissing(): Promise<void> {
    const problems = new Map<string, unknown>();
    await Promise.all(
      [...this.#missing].map(async (target) => {
        try {
          await this.#consume(target);
          this.#missing.delete(target);
        } catch (error) {
          problems.set(target, error);
        }
      }),
    );
    this.#warn(problems);
  }

  async #consume(target: string): Promise<void> {
    const { broker, queueOf, prefetch, receive } = this.#setup;
    const consumer = await broker.consume(queueOf(target), { prefetch }, receive);
    this.#consumers.set(target, consumer);
    // Cancelled in the meantime: whoever did that has not seen this one.
    if (this.#cancelled.signal.aborted) await consumer.release();
    void consumer.ended.then((end) => {
      if (end === "cancelled") return;
      this.#consumers.delete(target);
      this.#missing.add(target);
      this.#retry();
    });
  }

  #retry(): void {
    if (this.#retrying || this.#missing.size === 0) return;
    this.#retrying = true;
    void this.#retryUntilNoneIsMissing();
  }

  async #retryUntilNoneIsMissing(): Promise<void> {
    const backOff = new BackOff();
    while (this.#missing.size > 0 && !this.#cancelled.signal.aborted) {
      await pause(backOff.next(), this.#cancelled.signal);
      if (!this.#cancelled.signal.aborted) await this.#tryMissing();
    }
    this.#retrying = false;
  }

  #warn(problems: ReadonlyMap<string, unknown>): void {
    if (problems.size === 0 || performance.now() - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = performance.now();
    const targets = [...problems.keys()];
    const some = { count: targets.length, targets: targets.slice(0, 20) };
    const unexpected = [...problems.values()].find(
      (error) => !(error instanceof BrokerError && error.code === "queue_unknown"),
    );
    if (unexpected === undefined) {
      this.#setup.logger.warn(
        some,
        "the server does not know these targets yet; it is asked again and again",
      );
    } else {
      this.#setup.logger.warn({ ...some, err: unexpected }, "these targets cannot be served; again soon");
    }
  }
}
