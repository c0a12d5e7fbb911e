import { randomUUID } from "node:crypto";
import { type Broker, type IncomingMessage, prefetchMax } from "@berth/broker";
import type { InboxItem, InboxItemOf, ReplyBody, SessionOrder, Topology } from "@berth/protocol";
import type { Logger } from "pino";
import type { AttemptSurroundings } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { Control } from "./control.ts";
import { ControlQueue } from "./control-queue.ts";
import { Deliveries } from "./deliveries.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Inbox } from "./inbox.ts";
import { askForSession, type OpeningSetup } from "./opening.ts";
import { Reporter, scopeOf } from "./reporter.ts";
import type { SeenTokens } from "./seen-tokens.ts";
import { TargetConsumers } from "./target-consumers.ts";
import { within } from "./timing.ts";

/** How long a drain waits for the server to know of it. */
const drainAnswerMs = 2_000;
/** How long the end of a session waits for a broker that may be gone. */
const brokerAnswerMs = 2_000;
/** Deliveries of a target that count for no capacity: those that go past the slot. */
const bypassPrefetch = 100;

export interface SessionSetup {
  readonly broker: Broker;
  readonly brokerUser: string | null;
  readonly topology: Topology;
  readonly space: string;
  readonly tentacle: string;
  readonly version: string;
  readonly targets: readonly string[];
  readonly capacity: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seen: SeenTokens;
  readonly attempts: Omit<AttemptSurroundings, "onOver" | "reporter">;
}

/**
 * One session: from when the server is asked for it until its lease has ended, the server has given it up, or this side
 * has closed it. Afterwards a new one is needed.
 */
export class Session {
  readonly id: string;
  /** Resolves with the reason when it is over against the will of this side. */
  readonly over: Promise<string>;
  readonly #becomeOver: (reason: string) => void;
  readonly #setup: SessionSetup;
  readonly #logger: Logger;
  readonly #opening: OpeningSetup;
  readonly #reporter: Reporter;
  readonly #heartbeat: Heartbeat;
  readonly #deliveries: Deliveries;
  readonly #targets: TargetConsumers;
  #stopListening: () => void = () => {};
  /** What came before it is known that the session can be used; `null`: it is. */
  #early: IncomingMessage[] | null = [];

  constructor(setup: SessionSetup) {
    const { broker, brokerUser, topology, space, clock, targets, capacity } = setup;
    this.#setup = setup;
    // Its user may read the queues of sessions that are named so, and no others.
    this.id = `${setup.tentacle}.${randomUUID()}`;
    this.#logger = setup.logger.child({ session: this.id });
    const logger = this.#logger;
    ({ promise: this.over, resolve: this.#becomeOver } = Promise.withResolvers<string>());
    const replyTo = topology.session(space, this.id);
    const inbox = new Inbox({ broker, brokerUser, queue: topology.inbox(space), replyTo });
    const control = new Control({
      logger,
      onReply: this.#onReply,
      onOrder: this.#onOrder,
      onDelivery: this.#onDelivery,
    });
    const controlQueue = new ControlQueue({
      broker,
      queue: replyTo,
      receive: control.receive,
      logger,
      // The answer to a beat does not arrive, so that the server notices, and the next one does.
      onLost: () => this.#heartbeat.beat(),
      onRestored: () => this.#heartbeat.beat(),
      onBrokerStopped: () => this.#becomeOver("the connection to the broker was stopped"),
    });
    this.#opening = { broker, inbox, control, controlQueue, clock, logger };
    this.#reporter = new Reporter({ session: this.id, inbox, logger });
    this.#deliveries = new Deliveries({
      session: this.id,
      seen: setup.seen,
      logger,
      surroundings: { ...setup.attempts, reporter: this.#reporter },
    });
    this.#heartbeat = new Heartbeat({
      session: this.id,
      inbox,
      newItemId: () => this.#reporter.newItemId("beat"),
      clock,
      logger,
      onBeat: () => this.#deliveries.askAgain(),
      onLeaseEnded: () =>
        this.#becomeOver("its lease has ended: no heartbeat has reached the broker in time"),
    });
    this.#targets = new TargetConsumers({
      broker,
      targets,
      queueOf: (target) => topology.target(space, target),
      prefetch: Math.min(capacity + bypassPrefetch, prefetchMax),
      receive: this.#deliveries.receive,
      logger,
    });
  }

  /**
   * Asks the server for the session until it answers or the signal is aborted, then takes deliveries. After `unanswered`
   * the server may have opened it all the same. `late`: the answer took a whole lease, in which the server may have
   * opened the session, given it up for its silence and opened it again; what it was granted in between is void, and
   * still waits in the queues of the targets under this very id.
   */
  async open(
    succeeds: readonly string[],
    signal: AbortSignal,
  ): Promise<"open" | "refused" | "late" | "unanswered"> {
    const reply = await askForSession(this.#openingItem(succeeds), this.#opening, signal);
    if (reply === null) return "unanswered";
    const { body, sentMs } = reply;
    if (body.type !== "session") {
      this.#logger.error({ answer: body }, "the server does not open a session");
      return "refused";
    }
    if (this.#setup.clock.steadyMs() >= sentMs + body.leaseMs) {
      this.#logger.warn("the session was opened too late to be used; a new one is opened");
      return "late";
    }
    this.#stopListening = this.#setup.broker.onMessagesLost(() => this.#heartbeat.beat());
    this.#heartbeat.start(body.leaseMs, sentMs);
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.#deliveries.receive(message);
    await this.#targets.start();
    this.#logger.info({ targets: this.#setup.targets.length, succeeds: succeeds.length }, "session opened");
    return "open";
  }

  /**
   * Takes nothing new, gives back what has not started, and waits for what runs; at the deadline it ends that and
   * reports it as lost. Then it tells the server that it is over. Resolves with false where it could not, or must not
   * since something still runs: the server waits for the end of the lease then.
   */
  async drain(deadlineMs: number): Promise<boolean> {
    const { clock, attempts } = this.#setup;
    const endMs = clock.steadyMs() + deadlineMs;
    this.#deliveries.drain();
    await this.#untilOver(Math.min(drainAnswerMs, deadlineMs), this.#tellDrain());
    await within(brokerAnswerMs, this.#targets.cancel());
    this.#deliveries.putBackOffered();
    if (!(await this.#untilOver(endMs - clock.steadyMs(), this.#deliveries.idle()))) {
      this.#deliveries.stop();
      const graceMs = attempts.stopGraceMs + brokerAnswerMs;
      if (!(await this.#untilOver(graceMs, this.#deliveries.idle()))) {
        this.#logger.warn("something still runs: the session is left to the end of its lease");
        return false;
      }
    }
    const item: InboxItem = {
      type: "session.close",
      id: this.#reporter.newItemId("close"),
      session: this.id,
    };
    this.#reporter.push(item, 0, null, true);
    return this.#untilOver(brokerAnswerMs, this.#reporter.settled());
  }

  /** Ends whatever still runs, and everything else of the session. Says nothing more to the server. */
  async end(): Promise<void> {
    this.#stopListening();
    this.#heartbeat.stop();
    this.#reporter.close();
    this.#deliveries.fence();
    await within(brokerAnswerMs, this.#targets.release());
    await within(brokerAnswerMs, this.#opening.controlQueue.release());
  }

  /** Resolves when nothing of it runs any more. */
  idle(): Promise<void> {
    return this.#deliveries.idle();
  }

  #openingItem(succeeds: readonly string[]): InboxItemOf<"session.open"> {
    const { tentacle, version, targets, capacity } = this.#setup;
    return {
      type: "session.open",
      id: this.#reporter.newItemId("open"),
      session: this.id,
      tentacle,
      version,
      targets: [...targets],
      capacity,
      succeeds: [...succeeds],
      // No script outlives its tentacle yet: its guard has ended them all.
      knows: [],
    };
  }

  /** Resolves with the answer: what was sent here before the server knew has come by then. */
  #tellDrain(): Promise<ReplyBody> {
    const item: InboxItem = {
      type: "session.drain",
      id: this.#reporter.newItemId("drain"),
      session: this.id,
    };
    const { answer } = this.#opening.control.answerTo(item.id);
    this.#reporter.push(item, 0, null, true);
    return answer;
  }

  /** Whether the promise settled within the time, or the session was over by then. */
  #untilOver(delayMs: number, promise: Promise<unknown>): Promise<boolean> {
    return within(delayMs, Promise.race([promise, this.over]));
  }

  readonly #onDelivery = (message: IncomingMessage): void => {
    if (this.#early === null) this.#deliveries.receive(message);
    else this.#early.push(message);
  };

  readonly #onReply = (id: string, body: ReplyBody): void => {
    if (body.type === "claim") this.#deliveries.answerClaim(id, body.answer);
    if (body.type !== "refused") return;
    const serial = Number(scopeOf(id));
    if (body.code === "session_unknown") this.#becomeOver(`the server does not know it: ${body.message}`);
    else if (Number.isInteger(serial)) this.#deliveries.refused(serial, body);
    else this.#logger.warn({ item: id, answer: body }, "the server has refused what this session asked");
  };

  readonly #onOrder = (order: SessionOrder): void => {
    switch (order.type) {
      case "cancel":
        this.#deliveries.cancel(order.leg, order.token, order.graceMs, order.reason);
        return;
      case "revoke":
        this.#deliveries.revoke(order.leg, order.token);
        return;
      case "session.ended":
        if (order.session === this.id) this.#becomeOver(`the server has ended it: ${order.reason}`);
        return;
    }
  };
}
