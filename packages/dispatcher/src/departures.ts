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
  readonly isOpen: (session: string) => boolean;
  /** How long the queue of a session is kept after its end, so that it can still be told of it; ms. */
  readonly keepSessionQueueMs: number;
  /** Nobody knows any more what these are to run. */
  readonly giveUp: (tasks: readonly string[]) => void;
  /** The term cannot go on. */
  readonly fail: (error: unknown) => void;
}

const unknownSessionsMax = 1_000;

/** What leaves a term, batch by batch. What did not arrive is sent again, and what can never be sent is given up. */
export class Departures {
  readonly #setup: DeparturesSetup;
  #sending: Promise<void> = Promise.resolve();
  readonly #cancels = new Set<Cancel>();
  /** Queues of sessions that are over, or never were, and are yet to be removed. */
  #unknownSessions = 0;
  #isClosed = false;

  constructor(setup: DeparturesSetup) {
    this.#setup = setup;
  }

  /** Resolves when nothing is on its way. */
  get settled(): Promise<void> {
    return this.#sending;
  }

  /** Nothing is sent again. Queues of ended sessions are left to the broker, which deletes what nobody consumes. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
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
    if (batch.sessionsToAnswer.length > 0)
      await patience.ask(() => queues.declareSessions(batch.sessionsToAnswer));
    for (const oops of batch.allOops) logger.warn({ oops }, `OOPS ${oops.type}: ${oops.value}`);
    await this.#sending;
    if (!isSure()) await makeSure();
    const beforeDeliveries = async (): Promise<void> => {
      if (!isSure()) await makeSure();
    };
    this.#sending = outbox
      .send(broker, payloads, logger, beforeDeliveries)
      .then((undelivered) => this.#mend(undelivered), fail);
    for (const session of [...batch.endedSessions, ...batch.sessionsToAnswer])
      if (!this.#setup.isOpen(session)) this.#removeQueueLater(session);
    batch.eachChangedTask((task, state) => {
      if (isEndState(state)) payloads.forget(task);
    });
  }

  #mend({ unsent, tasksWithoutPayload, sessionsWithoutQueue }: Undelivered): void {
    if (sessionsWithoutQueue.length > 0) this.#declareSessions(sessionsWithoutQueue);
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

  /**
   * What was in them is lost: deliveries and orders are sent again, and whoever misses an answer asks again. Also one whose session is
   * not known any more has to hear that, but nobody may have any number of queues made by naming sessions.
   */
  #declareSessions(sessions: readonly string[]): void {
    if (this.#isClosed) return;
    const { queues, patience, fail, isOpen } = this.#setup;
    const unknown = sessions.filter((session) => !isOpen(session));
    const heard = unknown.slice(0, Math.max(0, unknownSessionsMax - this.#unknownSessions));
    for (const session of heard) this.#removeQueueLater(session);
    const missing = [...sessions.filter(isOpen), ...heard];
    if (missing.length === 0) return;
    const isAnyOpen = sessions.some(isOpen);
    patience
      .ask(() => queues.declareSessions(missing))
      .then(() => {
        if (isAnyOpen) this.#setup.resend();
      })
      .catch(fail);
  }

  #removeQueueLater(session: string): void {
    const { queues, isOpen, keepSessionQueueMs, logger } = this.#setup;
    this.#unknownSessions += 1;
    this.#later(keepSessionQueueMs, async () => {
      this.#unknownSessions -= 1;
      if (isOpen(session)) return;
      await queues.removeSession(session).catch((error: unknown) => {
        logger.debug({ err: error, session }, "the queue of a session is left to the broker to delete");
      });
    });
  }

  /** Somebody may have deleted a queue: nobody else would make it again. */
  #resendLater({ targetsWithoutQueue }: Unsent): void {
    const { retryMs, queues, patience, resend } = this.#setup;
    this.#later(retryMs, async () => {
      if (targetsWithoutQueue.length > 0) await patience.ask(() => queues.declare(targetsWithoutQueue));
      resend();
    });
  }

  #later(delayMs: number, work: () => Promise<void>): void {
    if (this.#isClosed) return;
    const { timing, fail } = this.#setup;
    const cancel = timing.after(delayMs, () => {
      this.#cancels.delete(cancel);
      work().catch(fail);
    });
    this.#cancels.add(cancel);
  }
}
