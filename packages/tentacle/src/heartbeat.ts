import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Inbox } from "./inbox.ts";
import { after } from "./timing.ts";

export interface HeartbeatSetup {
  readonly session: string;
  readonly inbox: Inbox;
  readonly newItemId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onBeat: () => void;
  /** For all this side knows, the server has given the session up. */
  readonly onLeaseEnded: () => void;
}

/**
 * Keeps the lease of a session. The lease counts from when the last beat was sent that the broker has confirmed: never
 * later than the server counts it, so what runs here ends before it is given to others.
 */
export class Heartbeat {
  readonly #setup: HeartbeatSetup;
  #leaseMs = 0;
  #leaseFromMs = 0;
  #stopped = false;
  #clearBeat: () => void = () => {};
  #clearLease: () => void = () => {};

  constructor(setup: HeartbeatSetup) {
    this.#setup = setup;
  }

  /** `openedMs`: when the session was asked for. */
  start(leaseMs: number, openedMs: number): void {
    this.#leaseMs = leaseMs;
    this.#leaseFromMs = openedMs;
    this.#watchLease();
    this.beat();
  }

  stop(): void {
    this.#stopped = true;
    this.#clearBeat();
    this.#clearLease();
  }

  /** Now, and then every third of the lease. */
  beat(): void {
    if (this.#stopped || this.#leaseMs === 0) return;
    const { session, inbox, newItemId, clock, logger, onBeat } = this.#setup;
    const sentMs = clock.steadyMs();
    this.#beatAgainIn(this.#leaseMs / 3);
    // One that is confirmed counts, so no restart of the broker may lose it.
    inbox.send([{ type: "session.beat", id: newItemId(), session }], true).then(
      () => {
        this.#leaseFromMs = Math.max(this.#leaseFromMs, sentMs);
      },
      (error: unknown) => {
        logger.debug({ err: error }, "a heartbeat was not confirmed; again soon");
        this.#beatAgainIn(this.#leaseMs / 10);
      },
    );
    onBeat();
  }

  #beatAgainIn(delayMs: number): void {
    if (this.#stopped) return;
    this.#clearBeat();
    this.#clearBeat = after(delayMs, () => this.beat());
  }

  #watchLease(): void {
    const leftMs = this.#leaseFromMs + this.#leaseMs - this.#setup.clock.steadyMs();
    if (this.#stopped) return;
    this.#clearLease = after(Math.max(0, leftMs), () => {
      // After a pause of the whole process a confirmation may wait to be read: it comes before this.
      setImmediate(() => {
        if (this.#leaseFromMs + this.#leaseMs > this.#setup.clock.steadyMs()) this.#watchLease();
        else if (!this.#stopped) this.#setup.onLeaseEnded();
      });
    });
  }
}
