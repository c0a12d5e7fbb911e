// long: one session is one conversation with the server, and its parts only make sense together
import type { Broker, Consumer, IncomingMessage } from "@berth/broker";
import { BrokerError } from "@berth/broker";
import {
  Delivery,
  type DeliveryGroup,
  type InboxItem,
  OutboxMessage,
  type ReplyBody,
  type SessionOrder,
  type Topology,
} from "@berth/protocol";
import type { History } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { Machine } from "../world/machine.ts";
import type { Cancel } from "../world/scheduler.ts";
import { Attempt, type AttemptSetup } from "./attempt.ts";
import { Reporter } from "./reporter.ts";

export interface SessionSetup {
  readonly id: string;
  readonly machine: Machine;
  readonly broker: Broker;
  readonly topology: Topology;
  readonly space: string;
  readonly tentacle: string;
  readonly version: string;
  readonly targets: readonly string[];
  readonly capacity: number;
  /** Attempts that are over in this process: no second copy of their delivery may run. */
  readonly seen: Set<string>;
  readonly chance: Chance;
  readonly history: History;
  readonly trouble: () => number;
  readonly crash: () => void;
  /** Called once, when it is over against the will of this side. */
  readonly onOver: (reason: string) => void;
}

export type OpeningAnswer = "open" | "refused" | "too late";

const answerMsFirst = 1_000;
const answerMsLast = 4_000;
const lookMsFirst = 5;
const lookMsLast = 1_000;
const bypassPrefetch = 100;

/** A session of a simulated tentacle, step by step as in `packages/tentacle/src/session.ts` and what it uses. */
export class Session {
  readonly id: string;
  readonly #setup: SessionSetup;
  readonly #reporter: Reporter;
  readonly #live = new Map<string, Attempt>();
  readonly #claims = new Map<string, Attempt>();
  readonly #consumers: Consumer[] = [];
  readonly #cancels = new Set<Cancel>();
  #control: Consumer | null = null;
  #serial = 0;
  #leaseMs = 0;
  #leaseFrom = 0;
  #consuming: Promise<void> | null = null;
  #clearLook: Cancel = () => {};
  #clearBeat: Cancel = () => {};
  #clearLease: Cancel = () => {};
  #stopListening: () => void = () => {};
  #isDraining = false;
  #isEnded = false;
  /** Deliveries that came before the answer; `null`: there was one. */
  #early: IncomingMessage[] | null = [];
  #isOver = false;
  #drained: (() => void) | null = null;
  #onDrained: ((isClosed: boolean) => void) | null = null;
  #openAnswer: ((body: ReplyBody) => void) | null = null;
  #openItem = "";
  #drainItem = "";

  constructor(setup: SessionSetup) {
    this.id = setup.id;
    this.#setup = setup;
    const { machine, broker, topology, space, chance, history } = setup;
    this.#reporter = new Reporter({
      machine,
      broker,
      inbox: topology.inbox(space),
      replyTo: topology.session(space, setup.id),
      session: setup.id,
      user: topology.user(space, setup.tentacle),
      chance,
      history,
    });
  }

  /** Asks for the session until the server answers. */
  open(succeeds: readonly string[], onAnswer: (answer: OpeningAnswer) => void): void {
    const { tentacle, version, targets, capacity, machine, broker } = this.#setup;
    const id = this.#reporter.newItemId("open");
    this.#openItem = id;
    // Nobody knows which of the requests is answered: so the lease counts from the first.
    const sentAt = machine.scheduler.now;
    let waitMs = answerMsFirst;
    let cancelRetry: Cancel = () => {};
    this.#openAnswer = (body) => {
      cancelRetry();
      this.#openAnswer = null;
      if (body.type !== "session") onAnswer("refused");
      // Since the first request the server may have opened it, given it up, and opened it again: what it was granted in
      // between must not be started.
      else if (machine.scheduler.now >= sentAt + body.leaseMs) onAnswer("too late");
      else {
        this.#opened(body.leaseMs, sentAt);
        onAnswer("open");
      }
    };
    const item: InboxItem = {
      ...{ type: "session.open", id, session: this.id, tentacle, version, targets: [...targets], capacity },
      ...{ succeeds: [...succeeds], knows: [] },
    };
    const ask = (): void => {
      if (this.#openAnswer === null || this.#isEnded) return;
      cancelRetry = machine.after(waitMs, ask);
      waitMs = Math.min(2 * waitMs, answerMsLast);
      this.#reporter.sendOnce(item).catch(() => {});
      this.#listenSoon(lookMsFirst);
    };
    this.#stopListening = broker.onMessagesLost(() => this.#beat());
    ask();
  }

  get isIdle(): boolean {
    return this.#live.size === 0;
  }

  get isRunning(): boolean {
    return [...this.#live.values()].some((attempt) => attempt.isRunning);
  }

  /** The process stood still: before anything else goes on it looks whether its lease has passed meanwhile. */
  lookAtLease(): void {
    if (this.#leaseMs > 0 && this.#leaseFrom + this.#leaseMs <= this.#setup.machine.scheduler.now) {
      this.#becomeOver("its lease has ended");
    }
  }

  /** Takes nothing new, waits for what runs until the deadline, and closes. `onDone(false)`: something was left. */
  drain(deadlineMs: number, onDone: (isClosed: boolean) => void): void {
    const { machine } = this.#setup;
    this.#isDraining = true;
    this.#onDrained = (isClosed) => {
      this.#onDrained = null;
      onDone(isClosed);
    };
    for (const attempt of this.#live.values()) if (attempt.stage === "accepted") attempt.giveBack("draining");
    this.#drainItem = this.#reporter.newItemId("drain");
    const next = (): void => {
      if (this.#drained === null) return;
      this.#drained = null;
      void Promise.all(this.#consumers.map((consumer) => consumer.cancel())).then(() => {
        for (const attempt of this.#live.values()) attempt.putBack();
        this.#waitIdle(deadlineMs, () => this.#close());
      });
    };
    this.#drained = next;
    this.#reporter.push({ type: "session.drain", id: this.#drainItem, session: this.id });
    this.#cancels.add(machine.after(2_000, next));
  }

  /** Ends whatever still runs, and everything else. Says nothing more. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening();
    this.#clearLook();
    this.#clearBeat();
    this.#clearLease();
    for (const cancel of this.#cancels) cancel();
    this.#reporter.close();
    for (const [key, attempt] of this.#live) {
      if (attempt.wasGranted) this.#setup.seen.add(key);
      attempt.fence();
    }
    for (const consumer of [...this.#consumers, ...(this.#control === null ? [] : [this.#control])]) {
      consumer.release().catch(() => {});
    }
  }

  /** The machine has died. */
  orphan(guardMs: number): void {
    for (const attempt of this.#live.values()) attempt.orphan(guardMs);
  }

  #waitIdle(deadlineMs: number, onIdle: (wasInTime: boolean) => void): void {
    const { machine } = this.#setup;
    const endAt = machine.scheduler.now + deadlineMs;
    const look = (): void => {
      if (this.isIdle) onIdle(true);
      else if (machine.scheduler.now >= endAt) onIdle(false);
      else this.#cancels.add(machine.after(20, look));
    };
    look();
  }

  #close(): void {
    for (const attempt of this.#live.values()) attempt.stop();
    this.#waitIdle(2_500, (isIdle) => {
      if (!isIdle) {
        this.#onDrained?.(false);
        return;
      }
      const id = this.#reporter.newItemId("close");
      this.#reporter.push({ type: "session.close", id, session: this.id }, () => this.#onDrained?.(true));
      this.#cancels.add(this.#setup.machine.after(2_000, () => this.#onDrained?.(false)));
    });
  }

  /** Looks for the queue of the session, which the server makes, again and again until it is there. */
  #listenSoon(waitMs: number, onListening: () => void = () => {}): void {
    this.#clearLook();
    this.#clearLook = this.#setup.machine.after(waitMs, () => {
      if (this.#control !== null || this.#isEnded) return;
      this.#consumeControl().then(onListening, () =>
        this.#listenSoon(Math.min(2 * waitMs, lookMsLast), onListening),
      );
    });
  }

  async #consumeControl(): Promise<void> {
    this.#consuming ??= this.#tryToConsumeControl().finally(() => {
      this.#consuming = null;
    });
    await this.#consuming;
  }

  async #tryToConsumeControl(): Promise<void> {
    const { broker, topology, space } = this.#setup;
    const queue = topology.session(space, this.id);
    const consumer = await broker.consume(queue, { prefetch: 1_000 }, (message) =>
      this.#readControl(message),
    );
    this.#control = consumer;
    if (this.#isEnded) consumer.release().catch(() => {});
    void consumer.ended.then((end) => {
      if (end === "queue_deleted") this.#restoreControl();
    });
  }

  /** The answer to a beat does not arrive then, so that the server notices, and the next one does. */
  #restoreControl(): void {
    this.#control = null;
    if (this.#isEnded) return;
    this.#beat();
    this.#listenSoon(lookMsFirst, () => this.#beat());
  }

  #opened(leaseMs: number, sentAt: number): void {
    this.#leaseMs = leaseMs;
    this.#leaseFrom = sentAt;
    this.#watchLease();
    this.#beat();
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.#receive(message);
    for (const target of this.#setup.targets) this.#consumeTarget(target);
  }

  #consumeTarget(target: string): void {
    if (this.#isEnded || this.#isDraining) return;
    const { broker, topology, space, capacity, machine, chance } = this.#setup;
    const again = (): void => void machine.after(chance.int(100, 1_000), () => this.#consumeTarget(target));
    broker
      .consume(topology.target(space, target), { prefetch: capacity + bypassPrefetch }, (message) =>
        this.#receive(message),
      )
      .then((consumer) => {
        this.#consumers.push(consumer);
        if (this.#isEnded || this.#isDraining) consumer.release().catch(() => {});
        void consumer.ended.then((end) => {
          if (end === "queue_deleted") again();
        });
      })
      .catch((error: unknown) => {
        if (!(error instanceof BrokerError)) throw error;
        again();
      });
  }

  /** Nothing starts before it is known that the session can be used. */
  #receiveGrouped(message: IncomingMessage): void {
    if (this.#early === null) this.#receive(message);
    else this.#early.push(message);
  }

  #receive(message: IncomingMessage): void {
    if (this.#isEnded) {
      message.nack(true);
      return;
    }
    const delivery = Delivery.parse(message.json());
    const key = `${delivery.leg} ${delivery.token}`;
    const live = this.#live.get(key);
    if (live !== undefined) live.takeOver(message);
    else if (this.#setup.seen.has(key)) message.ack();
    else this.#admit(key, delivery, message);
  }

  #admit(key: string, delivery: Delivery, message: IncomingMessage): void {
    this.#serial += 1;
    const { machine, history, chance, tentacle, trouble, crash } = this.#setup;
    const setup: AttemptSetup = {
      machine,
      reporter: this.#reporter,
      history,
      chance,
      tentacle,
      session: this.id,
      trouble,
      crash,
      onOver: (over) => {
        this.#live.delete(key);
        if (over.wasGranted) this.#setup.seen.add(key);
      },
    };
    const attempt = new Attempt(this.#serial, delivery, message, setup);
    this.#live.set(key, attempt);
    if (delivery.session === this.id) {
      if (this.#isDraining) attempt.giveBack("draining");
      else attempt.start();
    } else if (!this.#isDraining) this.#claim(attempt, this.#reporter.newItemId("claim"));
  }

  #claim(attempt: Attempt, id: string): void {
    const { leg, token } = attempt.delivery;
    this.#claims.set(id, attempt);
    this.#reporter.push({ type: "claim", id, session: this.id, leg, token });
  }

  #beat(): void {
    if (this.#isEnded || this.#leaseMs === 0) return;
    const { machine } = this.#setup;
    const sentAt = machine.scheduler.now;
    this.#beatIn(this.#leaseMs / 3);
    const id = this.#reporter.newItemId("beat");
    this.#reporter.sendOnce({ type: "session.beat", id, session: this.id }).then(
      () => {
        this.#leaseFrom = Math.max(this.#leaseFrom, sentAt);
      },
      () => this.#beatIn(this.#leaseMs / 10),
    );
    for (const [claim, attempt] of this.#claims) {
      if (attempt.stage === "offered") this.#claim(attempt, claim);
      else this.#claims.delete(claim);
    }
  }

  #beatIn(ms: number): void {
    this.#clearBeat();
    if (!this.#isEnded) this.#clearBeat = this.#setup.machine.after(ms, () => this.#beat());
  }

  #watchLease(): void {
    const { machine } = this.#setup;
    const leftMs = this.#leaseFrom + this.#leaseMs - machine.scheduler.now;
    this.#clearLease = machine.after(leftMs, () => {
      if (this.#isEnded) return;
      this.lookAtLease();
      if (!this.#isOver) this.#watchLease();
    });
  }

  #readControl(message: IncomingMessage): void {
    const json = message.json() as OutboxMessage | DeliveryGroup;
    message.ack();
    if ("deliveries" in json) {
      for (const delivery of json.deliveries) this.#receiveGrouped(grouped(message.queue, delivery));
      return;
    }
    const { replies, orders } = OutboxMessage.parse(json);
    for (const { id, body } of replies) if (!this.#isEnded) this.#reply(id, body);
    for (const order of orders) if (!this.#isEnded) this.#order(order);
  }

  #reply(id: string, body: ReplyBody): void {
    if (id === this.#openItem) this.#openAnswer?.(body);
    else if (id === this.#drainItem) this.#drained?.();
    else if (body.type === "claim") this.#claimed(id, body.answer);
    if (body.type !== "refused") return;
    if (body.code === "session_unknown") this.#becomeOver(`the server does not know it: ${body.message}`);
    else if (body.code === "stale_token") {
      const serial = Number(id.split("/")[1]);
      for (const attempt of this.#live.values()) if (attempt.serial === serial) attempt.fence();
    }
  }

  #claimed(id: string, answer: "run" | "drop"): void {
    const attempt = this.#claims.get(id);
    this.#claims.delete(id);
    if (answer === "drop") attempt?.drop();
    else if (this.#isDraining) attempt?.giveBack("draining");
    else attempt?.start();
  }

  #order(order: SessionOrder): void {
    if (order.type === "session.ended") {
      if (order.session === this.id) this.#becomeOver(`the server has ended it: ${order.reason}`);
      return;
    }
    const live = this.#live.get(`${order.leg} ${order.token}`);
    if (live === undefined) this.#decline(order.leg, order.token);
    else if (order.type === "cancel") live.cancel(order.graceMs);
    else live.giveBack("revoked");
  }

  #decline(leg: string, token: string): void {
    const key = `${leg} ${token}`;
    if (this.#setup.seen.has(key)) return;
    this.#setup.seen.add(key);
    this.#reporter.push({
      type: "decline",
      id: this.#reporter.newItemId("decline"),
      session: this.id,
      leg,
      token,
    });
  }

  #becomeOver(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#setup.onOver(reason);
    this.#onDrained?.(false);
  }
}

/** There is nothing to settle: the message is gone as soon as it has been read. */
function grouped(queue: string, value: Delivery): IncomingMessage {
  return {
    queue,
    body: Buffer.alloc(0),
    redelivered: false,
    userId: null,
    json: () => value,
    ack: () => undefined,
    nack: () => undefined,
  };
}
