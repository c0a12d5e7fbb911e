import type { Broker } from "@berth/broker";
import { isEndState } from "@berth/engine";
import type { Logger } from "pino";
import type { Batch } from "./batch.ts";
import type { Outbox, Undelivered, Unsent } from "./outbox.ts";
import type { Patience } from "./patience.ts";
import type { Payloads } from "./payloads.ts";
import type { Queues } from "./queues.ts";
import type { Cancel, Timing } from "./timing.ts";

export interface DeparturesSetup {
  readonly broker: Broker;
  readonly queues: Queues;
  readonly payloads: Payloads;
  readonly patience: Patience;
  readonly timing: Timing;
  /** After this time, what did not arrive is sent again; ms. */
  readonly retryMs: number;
  readonly logger: Logger;
  /** Nobody else can have the space at this moment. */
  readonly isSure: () => boolean;
  /** Resolves when that is so; rejects where somebody else has it. */
  readonly makeSure: () => Promise<void>;
  /** Resolves when the store has all it should have. */
  readonly probe: () => Promise<void>;
  /** Sends again whatever was granted and has not started. */
  readonly resend: () => void;
  /** Nobody knows any more what these are to run. */
  readonly giveUp: (tasks: readonly string[]) => void;
  /** The term cannot go on. */
  readonly fail: (error: unknown) => void;
}

/** What leaves a term, batch by batch. What did not arrive is sent again, and what can never be sent is given up. */
export class Departures {
  readonly #setup: DeparturesSetup;
  #sending: Promise<void> = Promise.resolve();
  readonly #cancelResends = new Set<Cancel>();
  #isClosed = false;

  constructor(setup: DeparturesSetup) {
    this.#setup = setup;
  }

  /** Resolves when nothing is on its way. */
  get settled(): Promise<void> {
    return this.#sending;
  }

  /** Nothing is sent again. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancelResends) cancel();
  }

  /**
   * To be called when the batch and all before it are durable. Resolves when it is on its way, as one batch may be while
   * the next is decided.
   */
  async send(batch: Batch, outbox: Outbox): Promise<void> {
    const { broker, queues, payloads, patience, logger, isSure, makeSure, fail } = this.#setup;
    if (!isSure()) await makeSure();
    for (const { target, exists } of batch.targets) {
      await patience.ask(() => (exists ? queues.declare([target]) : queues.remove(target)));
    }
    for (const oops of batch.allOops) logger.warn({ oops }, `OOPS ${oops.type}: ${oops.value}`);
    await this.#sending;
    if (!isSure()) await makeSure();
    const beforeDeliveries = async (): Promise<void> => {
      if (!isSure()) await makeSure();
    };
    this.#sending = outbox
      .send(broker, payloads, logger, beforeDeliveries)
      .then((undelivered) => this.#mend(undelivered), fail);
    batch.eachChangedTask((task, state) => {
      if (isEndState(state)) payloads.forget(task);
    });
  }

  #mend({ unsent, tasksWithoutPayload }: Undelivered): void {
    if (unsent !== null) this.#resendLater(unsent);
    if (tasksWithoutPayload.length > 0) this.#seekPayloads(tasksWithoutPayload).catch(this.#setup.fail);
  }

  /** Only a store that has all it should have can tell that there is none. */
  async #seekPayloads(tasks: readonly string[]): Promise<void> {
    const { payloads, probe, resend, giveUp } = this.#setup;
    await probe();
    const found = await payloads.of(tasks);
    if (found.size > 0) resend();
    giveUp(tasks.filter((task) => !found.has(task)));
  }

  /** Somebody may have deleted a queue: nobody else would make it again. */
  #resendLater({ targetsWithoutQueue }: Unsent): void {
    if (this.#isClosed) return;
    const { timing, retryMs, queues, patience, resend, fail } = this.#setup;
    const mend = async (): Promise<void> => {
      this.#cancelResends.delete(cancel);
      if (targetsWithoutQueue.length > 0) await patience.ask(() => queues.declare(targetsWithoutQueue));
      resend();
    };
    const cancel = timing.after(retryMs, () => {
      mend().catch(fail);
    });
    this.#cancelResends.add(cancel);
  }
}
