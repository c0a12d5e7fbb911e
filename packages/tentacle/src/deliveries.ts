import type { IncomingMessage } from "@berth/broker";
import type { ReplyBody } from "@berth/protocol";
import type { Logger } from "pino";
import { Attempt, type AttemptSurroundings } from "./attempt.ts";
import { Claims } from "./claims.ts";
import { readDelivery } from "./delivery.ts";
import { type SeenTokens, tokenKey } from "./seen-tokens.ts";

export interface DeliveriesSetup {
  readonly session: string;
  readonly surroundings: Omit<AttemptSurroundings, "onOver">;
  /** Outlives the session: what one has run, no later one may run again. */
  readonly seen: SeenTokens;
  readonly logger: Logger;
}

/** What was delivered to one session, until it is over. */
export class Deliveries {
  readonly #setup: DeliveriesSetup;
  readonly #surroundings: AttemptSurroundings;
  readonly #claims: Claims;
  readonly #live: Map<string, Attempt> = new Map();
  #serial = 0;
  #draining = false;
  #ended = false;
  #idleWaiters: (() => void)[] = [];

  constructor(setup: DeliveriesSetup) {
    this.#setup = setup;
    this.#surroundings = { ...setup.surroundings, onOver: (attempt) => this.#forget(attempt) };
    this.#claims = new Claims(setup.session, setup.surroundings.reporter);
  }

  readonly receive = (message: IncomingMessage): void => {
    if (this.#ended) {
      message.nack(true);
      return;
    }
    const read = readDelivery(message);
    if (read.type === "garbage") {
      const { queue } = message;
      this.#setup.logger.error({ queue, problem: read.problem }, "a delivery cannot be read; refused");
      message.nack(false);
      return;
    }
    const { leg, token, session } = read.type === "delivery" ? read.delivery : read.reference;
    const key = tokenKey(leg, token);
    const live = this.#live.get(key);
    if (live !== undefined) live.takeOver(message);
    else if (this.#setup.seen.has(key)) message.ack();
    else {
      this.#serial += 1;
      const attempt = new Attempt(this.#serial, read, message, this.#surroundings);
      this.#live.set(key, attempt);
      this.#admit(attempt, session);
    }
  };

  answerClaim(id: string, answer: "run" | "drop"): void {
    const attempt = this.#claims.answered(id);
    if (answer === "drop") attempt?.drop();
    else if (this.#draining) attempt?.giveBack("draining");
    else attempt?.start();
  }

  /** An answer to a claim may have been lost. */
  askAgain(): void {
    this.#claims.askAgain();
  }

  cancel(leg: string, token: string, graceMs: number, reason: string): void {
    const live = this.#live.get(tokenKey(leg, token));
    if (live === undefined) this.#decline(leg, token);
    else live.cancel(graceMs, reason);
  }

  revoke(leg: string, token: string): void {
    const live = this.#live.get(tokenKey(leg, token));
    if (live === undefined) this.#decline(leg, token);
    else live.giveBack("revoked");
  }

  /** The server has refused a report. */
  refused(serial: number, { code, message }: Extract<ReplyBody, { type: "refused" }>): void {
    const { logger } = this.#setup;
    const attempt = [...this.#live.values()].find(({ identity }) => identity.serial === serial);
    const { task, leg } = attempt?.identity ?? {};
    logger.warn({ task, leg, code, problem: message }, "the server has refused a report");
    if (code === "stale_token") attempt?.fence();
  }

  /** Takes nothing new, and gives back what has not started. */
  drain(): void {
    this.#draining = true;
    for (const attempt of this.#live.values()) {
      if (attempt.stage === "accepted") attempt.giveBack("draining");
    }
  }

  /** What still waits to be claimed is for others. */
  putBackOffered(): void {
    for (const attempt of this.#live.values()) attempt.putBack();
  }

  /** Ends what runs and reports it as lost. */
  stop(): void {
    for (const attempt of this.#live.values()) attempt.stop();
  }

  /** The session is over: ends what runs, and reports nothing. */
  fence(): void {
    this.#ended = true;
    for (const [key, attempt] of this.#live) {
      // It may take long to end; the next session must not run it meanwhile.
      if (attempt.wasGranted) this.#setup.seen.add(key);
      attempt.fence();
    }
  }

  /** Resolves when nothing runs, and all that was to be reported is confirmed. */
  idle(): Promise<void> {
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Its delivery has not come, and may never: whenever it does, it is dropped. */
  #decline(leg: string, token: string): void {
    const { seen, session, surroundings } = this.#setup;
    const key = tokenKey(leg, token);
    if (seen.has(key)) return;
    seen.add(key);
    const id = surroundings.reporter.newItemId("decline");
    surroundings.reporter.push({ type: "decline", id, session, leg, token }, 0, null, true);
  }

  #admit(attempt: Attempt, session: string | null): void {
    if (session !== this.#setup.session) {
      // While it drains it must not ask for more; `putBackOffered` gives these to others.
      if (!this.#draining) this.#claims.ask(attempt);
    } else if (this.#draining) attempt.giveBack("draining");
    else attempt.start();
  }

  #forget(attempt: Attempt): void {
    const { leg, token } = attempt.identity;
    const key = tokenKey(leg, token);
    this.#live.delete(key);
    if (attempt.wasGranted) this.#setup.seen.add(key);
    if (this.#live.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
