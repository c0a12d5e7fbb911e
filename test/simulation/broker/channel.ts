import { Link } from "../world/link.ts";
import type { Machine } from "../world/machine.ts";
import type { BrokerServer, ServerConsumer } from "./server.ts";
import type { BrokerWeather } from "./weather.ts";

/** One physical connection between a process and the broker. It breaks once, and each side notices in its own time. */
export class Channel {
  readonly consumers: Set<ServerConsumer> = new Set();
  readonly #machine: Machine;
  readonly #weather: BrokerWeather;
  readonly #up: Link;
  readonly #down: Link;
  readonly #onBroken: () => void;
  readonly #stopListening: (() => void)[];
  readonly #endListeners: (() => void)[] = [];
  #isBroken = false;
  #isClosed = false;

  constructor(machine: Machine, server: BrokerServer, weather: BrokerWeather, onBroken: () => void) {
    this.#machine = machine;
    this.#weather = weather;
    this.#onBroken = onBroken;
    const delayMs = (): number => weather.delayMs();
    this.#up = new Link(machine.scheduler, `${machine.name} to broker`, delayMs);
    this.#down = new Link(machine.scheduler, `broker to ${machine.name}`, delayMs);
    this.#stopListening = [
      server.onRestart(() => this.#serverIsGone()),
      machine.onDeath(() => this.break(0)),
    ];
  }

  /** Runs `work` at the broker. It never comes to that where the connection breaks before; `false`: it is broken. */
  toServer(work: () => void): boolean {
    if (!this.#isBroken) this.#up.send(work);
    return !this.#isBroken;
  }

  /** Runs `work` at the client. */
  toClient(work: () => void): void {
    if (!this.#isBroken) this.#down.send(() => this.#machine.enter(() => this.#isBroken || work()));
  }

  /** What is under way in both directions is lost. */
  break(serverNoticeMs: number = this.#weather.serverNoticeMs()): void {
    if (this.#isBroken) return;
    this.#cut();
    this.#machine.scheduler.after(serverNoticeMs, "broker notices", () => this.#closeAtServer());
    this.#clientNotices();
  }

  /** The client ends it in an orderly way: what it sent before arrives, and what it asked for is answered. */
  close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.onEnd(closed.resolve);
    const isOpen = this.toServer(() => {
      this.#closeAtServer();
      this.toClient(() => {
        this.#cut();
        this.#end();
      });
    });
    if (!isOpen) closed.resolve();
    return closed.promise;
  }

  /** Calls `listener` when the client knows that the connection is gone. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener);
  }

  #serverIsGone(): void {
    if (this.#isBroken) return;
    this.#cut();
    this.#isClosed = true;
    this.#clientNotices();
  }

  #clientNotices(): void {
    const { scheduler, name } = this.#machine;
    scheduler.after(this.#weather.clientNoticeMs(), `${name} notices`, () =>
      this.#machine.enter(() => {
        this.#end();
        this.#onBroken();
      }),
    );
  }

  #end(): void {
    for (const listener of this.#endListeners.splice(0)) listener();
  }

  #cut(): void {
    this.#isBroken = true;
    this.#up.cut();
    this.#down.cut();
    for (const stop of this.#stopListening) stop();
  }

  #closeAtServer(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const consumer of this.consumers) consumer.release();
  }
}
