import { BrokerError } from "@berth/broker";
import { StoreError } from "@berth/store";
import type { Logger } from "pino";
import type { Timing } from "./timing.ts";

/**
 * Asks a store or a broker that does not answer again and again. The live state of the space is in memory meanwhile, and
 * may be the only whole copy of it, so nobody gives up before he has to.
 */
export class Patience {
  readonly #timing: Timing;
  readonly #pauseMs: number;
  readonly #logger: Logger;
  readonly #ending = Promise.withResolvers<void>();
  #hasEnded = false;
  #isAnswered = true;

  constructor(timing: Timing, pauseMs: number, logger: Logger) {
    this.#timing = timing;
    this.#pauseMs = pauseMs;
    this.#logger = logger;
  }

  /** From now on, whatever fails is not tried again. Idempotent. */
  end(): void {
    this.#hasEnded = true;
    this.#ending.resolve();
  }

  /** Resolves with the answer. Rejects with a failure that another try would not mend, or that comes after `end`. */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        const answer = await question();
        if (!this.#isAnswered) this.#logger.info("there is an answer again");
        this.#isAnswered = true;
        return answer;
      } catch (error) {
        await this.pauseAfter(error);
      }
    }
  }

  /** Resolves when it is time for another try; rejects with the failure where there must be none. */
  async pauseAfter(failure: unknown): Promise<void> {
    if (!mayPass(failure)) throw failure;
    await this.pause(failure);
  }

  /** Resolves after a while; rejects with the reason when nobody waits any more. */
  async pause(reason: unknown): Promise<void> {
    if (this.#hasEnded) throw reason;
    if (this.#isAnswered)
      this.#logger.warn({ err: reason }, "there was no answer; it is asked for until there is one");
    this.#isAnswered = false;
    const pause = Promise.withResolvers<void>();
    const cancel = this.#timing.after(this.#pauseMs, pause.resolve);
    await Promise.race([pause.promise, this.#ending.promise]);
    cancel();
    if (this.#hasEnded) throw reason;
  }
}

/** Whether the same question may be answered later. What contradicts the store always will. */
function mayPass(failure: unknown): boolean {
  if (failure instanceof BrokerError)
    return failure.code === "broker_unreachable" || failure.code === "outcome_unknown";
  return (
    failure instanceof StoreError && failure.code !== "commit_invalid" && failure.code !== "cursor_invalid"
  );
}
