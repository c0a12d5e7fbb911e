import { Dispatcher, type DispatcherSettings } from "@berth/dispatcher";
import type { Topology } from "@berth/protocol";
import pino, { type Logger } from "pino";
import { SimulatedBroker } from "../broker/connection.ts";
import type { BrokerServer } from "../broker/server.ts";
import type { BrokerWeather } from "../broker/weather.ts";
import type { History } from "../history.ts";
import { SimulatedStore, type StoreWeather } from "../store/client.ts";
import type { StoreServer } from "../store/server.ts";
import type { Chance } from "../world/chance.ts";
import { Machine } from "../world/machine.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { WatchedBroker } from "./watched-broker.ts";

/** Whose connections those of the server are, and who may send anything. */
export const serverUser = "server";

export interface DispatcherProcessSetup {
  readonly scheduler: Scheduler;
  readonly broker: BrokerServer;
  readonly brokerWeather: BrokerWeather;
  readonly store: StoreServer;
  readonly storeWeather: StoreWeather;
  readonly topology: Topology;
  readonly space: string;
  readonly name: string;
  readonly settings: Partial<DispatcherSettings>;
  readonly chance: Chance;
  readonly history: History;
  readonly isTraced: boolean;
}

/** How long the broker waits for a client that says nothing. */
const brokerHeartbeatMs = 1_000;

/** A machine that runs the real dispatcher, one life after the other. */
export class DispatcherProcess {
  readonly name: string;
  readonly #setup: DispatcherProcessSetup;
  #lives = 0;
  #clockOffsetMs = 0;
  #machine: Machine | null = null;
  #broker: SimulatedBroker | null = null;
  #dispatcher: Dispatcher | null = null;

  constructor(setup: DispatcherProcessSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.#clockOffsetMs = setup.chance.int(-200, 200);
  }

  get isUp(): boolean {
    return this.#machine !== null;
  }

  get isFrozen(): boolean {
    return this.#machine?.isFrozen === true;
  }

  get isOwner(): boolean {
    return this.#dispatcher?.isOwner === true;
  }

  start(): void {
    if (this.#machine !== null) return;
    this.#lives += 1;
    const { scheduler, name, chance, history, topology, space, settings, isTraced } = this.#setup;
    const owner = `${name}.${this.#lives}`;
    const machine = new Machine(scheduler, name, this.#clockOffsetMs);
    const broker = new SimulatedBroker(machine, this.#setup.broker, this.#setup.brokerWeather, serverUser);
    const store = new SimulatedStore(machine, this.#setup.store, this.#setup.storeWeather);
    let ids = 0;
    const dispatcher = new Dispatcher({
      space,
      owner,
      broker: new WatchedBroker(broker, history, owner),
      store,
      topology,
      logger: loggerOf(isTraced ? history : null, owner),
      newId: () => {
        ids += 1;
        return `${owner}-${ids}`;
      },
      settings,
      timing: machine,
      random: chance.float,
    });
    this.#machine = machine;
    this.#broker = broker;
    this.#dispatcher = dispatcher;
    void store.start();
    void broker.start().then(() => dispatcher.start());
  }

  /** At once, whatever it is doing. */
  kill(downMs: number): void {
    const machine = this.#machine;
    if (machine === null) return;
    machine.kill();
    this.#isGone(downMs);
  }

  /** As an operator stops it: what is under way is finished, and the space given back. */
  stop(downMs: number): void {
    const machine = this.#machine;
    if (machine === null || machine.isFrozen) return;
    void this.#dispatcher?.stop().then(() => {
      if (this.#machine !== machine) return;
      machine.kill();
      this.#isGone(downMs);
    });
  }

  freeze(forMs: number): void {
    const machine = this.#machine;
    if (machine === null || machine.isFrozen) return;
    machine.freeze();
    const { scheduler } = this.#setup;
    scheduler.after(forMs, `${this.name} thaws`, () => machine.thaw());
    // It answers no heartbeat of the broker.
    if (forMs <= brokerHeartbeatMs) return;
    const broker = this.#broker;
    scheduler.after(brokerHeartbeatMs, `the broker gives ${this.name} up`, () => {
      if (machine.isFrozen) broker?.breakConnection();
    });
  }

  jumpClock(ms: number): void {
    this.#clockOffsetMs += ms;
    this.#machine?.jumpClock(ms);
  }

  breakConnection(): void {
    this.#broker?.breakConnection();
  }

  #isGone(downMs: number): void {
    this.#machine = null;
    this.#dispatcher = null;
    this.#broker = null;
    this.#setup.scheduler.after(downMs, `${this.name} starts`, () => this.start());
  }
}

function loggerOf(history: History | null, owner: string): Logger {
  if (history === null) return pino({ level: "silent" });
  const lines = { write: (line: string) => history.comment(() => `log ${owner}: ${line.trim()}`) };
  return pino({ level: "info", base: null, timestamp: false }, lines);
}
