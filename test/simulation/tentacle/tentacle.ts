import type { Topology } from "@berth/protocol";
import { SimulatedBroker } from "../broker/connection.ts";
import type { BrokerServer } from "../broker/server.ts";
import type { BrokerWeather } from "../broker/weather.ts";
import type { History } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import { Machine } from "../world/machine.ts";
import type { Scheduler } from "../world/scheduler.ts";
import { Session } from "./session.ts";

export interface TentacleSetup {
  readonly scheduler: Scheduler;
  readonly server: BrokerServer;
  readonly weather: BrokerWeather;
  readonly topology: Topology;
  readonly space: string;
  readonly name: string;
  readonly targets: readonly string[];
  readonly capacity: number;
  readonly chance: Chance;
  readonly history: History;
  /** 0: nothing goes wrong with what runs; 1: as usual. */
  readonly trouble: () => number;
}

/** A tentacle through all its lives, with the disk that they share. */
export class Tentacle {
  readonly name: string;
  readonly targets: readonly string[];
  readonly #setup: TentacleSetup;
  /** On its disk: sessions that the server may still take for open. */
  readonly #noted = new Set<string>();
  /** Sessions of which nothing runs any more, and which the server has not been told of. */
  readonly #over = new Set<string>();
  #version = 1;
  #sessions = 0;
  #life: Life | null = null;

  constructor(setup: TentacleSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.targets = setup.targets;
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  get isFrozen(): boolean {
    return this.#life?.machine.isFrozen === true;
  }

  /** Starts where it is down. What its last life has left is over by then, which the guard has proven. */
  start(): void {
    if (this.#life !== null) return;
    for (const id of this.#noted) this.#over.add(id);
    this.#life = new Life(this.#setup, `${this.#version}.0`, {
      newSession: () => {
        this.#sessions += 1;
        const id = `${this.name}.${this.#sessions}`;
        this.#noted.add(id);
        return id;
      },
      succeeds: () => [...this.#over].slice(-100),
      settled: (ids) => {
        for (const id of ids) {
          this.#over.delete(id);
          this.#noted.delete(id);
        }
      },
      abandoned: (id) => {
        if (this.#noted.has(id)) this.#over.add(id);
      },
      crash: () => this.kill(this.#setup.chance.int(0, 300), this.#setup.chance.int(300, 3_000)),
    });
  }

  /** Its process dies; the guard ends its scripts within a moment. It comes back after `downMs`. */
  kill(guardMs: number, downMs: number): void {
    const life = this.#life;
    if (life === null) return;
    this.#setup.history.note("tentacle killed", () => this.name);
    this.#life = null;
    life.kill(guardMs);
    this.#setup.scheduler.after(Math.max(downMs, guardMs + 1), `${this.name} starts`, () => this.start());
  }

  /** Its whole machine goes down. */
  reboot(downMs: number): void {
    this.kill(0, downMs);
  }

  /** It is stopped, with as long as it takes up to a deadline, and another version is started. */
  upgrade(deadlineMs: number, downMs: number): void {
    const life = this.#life;
    if (life === null || life.machine.isFrozen) return;
    life.stop(deadlineMs, () => {
      if (this.#life !== life) return;
      this.#life = null;
      this.#version += 1;
      this.#setup.scheduler.after(downMs, `${this.name} starts`, () => this.start());
    });
  }

  freeze(forMs: number): void {
    const machine = this.#life?.machine;
    if (machine === undefined) return;
    machine.freeze();
    this.#setup.scheduler.after(forMs, `${this.name} thaws`, () => machine.thaw());
  }

  cutOff(forMs: number): void {
    const broker = this.#life?.broker;
    if (broker === undefined) return;
    broker.cutOff();
    this.#setup.scheduler.after(forMs, `${this.name} is online`, () => broker.reconnectable());
  }

  breakConnection(): void {
    this.#life?.broker.breakConnection();
  }
}

interface Disk {
  newSession(): string;
  succeeds(): string[];
  settled(ids: readonly string[]): void;
  abandoned(id: string): void;
  crash(): void;
}

/** One process of a tentacle. */
class Life {
  readonly machine: Machine;
  readonly broker: SimulatedBroker;
  readonly #setup: TentacleSetup;
  readonly #version: string;
  readonly #disk: Disk;
  readonly #seen = new Set<string>();
  #session: Session | null = null;
  #isStopping = false;

  constructor(setup: TentacleSetup, version: string, disk: Disk) {
    this.#setup = setup;
    this.#version = version;
    this.#disk = disk;
    this.machine = new Machine(setup.scheduler, setup.name);
    const user = setup.topology.user(setup.space, setup.name);
    this.broker = new SimulatedBroker(this.machine, setup.server, setup.weather, user);
    this.machine.onThaw(() => this.#session?.lookAtLease());
    void this.broker.start().then(() => this.#openSession());
  }

  kill(guardMs: number): void {
    this.#session?.orphan(guardMs);
    this.machine.kill();
  }

  stop(deadlineMs: number, onStopped: () => void): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const session = this.#session;
    const finish = (): void => {
      session?.end();
      void this.broker.stop().then(() => {
        this.machine.kill();
        onStopped();
      });
    };
    if (session === null) finish();
    else {
      session.drain(deadlineMs, (isClosed) => {
        if (isClosed) this.#disk.settled([session.id]);
        finish();
      });
    }
  }

  #openSession(): void {
    if (this.#isStopping) return;
    const { topology, space, name, targets, capacity, chance, history, trouble } = this.#setup;
    const session = new Session({
      id: this.#disk.newSession(),
      machine: this.machine,
      broker: this.broker,
      topology,
      space,
      tentacle: name,
      version: this.#version,
      targets,
      capacity,
      seen: this.#seen,
      chance,
      history,
      trouble,
      crash: () => this.#disk.crash(),
      onOver: (reason) => this.#sessionOver(session, reason),
    });
    this.#session = session;
    const succeeds = this.#disk.succeeds();
    session.open(succeeds, (answer) => {
      if (answer === "open") this.#disk.settled(succeeds);
      else {
        if (answer === "refused") this.#disk.settled([session.id]);
        this.#sessionOver(session, `its opening was answered: ${answer}`);
      }
    });
  }

  #sessionOver(session: Session, reason: string): void {
    const { chance, history } = this.#setup;
    history.note("session over", () => `${session.id}: ${reason}`);
    // Who waits for it to drain ends it.
    if (this.#isStopping) return;
    session.end();
    this.#session = null;
    this.#disk.abandoned(session.id);
    this.machine.after(chance.int(50, 500), () => this.#openSession());
  }
}
