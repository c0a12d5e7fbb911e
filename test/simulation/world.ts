import { type Topology, topology } from "@berth/protocol";
import { BrokerServer } from "./broker/server.ts";
import { Client } from "./client/client.ts";
import { DispatcherProcess, serverUser } from "./dispatcher/dispatcher-process.ts";
import { drawFaults, type Faults, Weather } from "./faults.ts";
import { Forger } from "./forger.ts";
import { History, startAt } from "./history.ts";
import type { SpaceRecords } from "./store/space.ts";
import { WatchedStoreServer } from "./store/watched-server.ts";
import { Tentacle } from "./tentacle/tentacle.ts";
import { Chance } from "./world/chance.ts";
import { Scheduler } from "./world/scheduler.ts";

const space = "sim";

/** The whole system in one process: real dispatchers, and around them what is simulated. */
export class World {
  readonly space: string = space;
  readonly leaseMs = 3_000;
  readonly ownerLeaseMs = 2_000;
  readonly backoffMaxMs = 2_000;
  readonly scheduler: Scheduler;
  readonly history: History;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly weather: Weather;
  readonly broker: BrokerServer;
  readonly store: WatchedStoreServer;
  readonly dispatchers: readonly DispatcherProcess[];
  readonly tentacles: readonly Tentacle[];
  readonly client: Client;
  readonly forger: Forger;
  readonly targets: readonly string[];
  readonly names: Topology = topology("berth");

  constructor(seed: number, isTraced: boolean) {
    const chance = new Chance(seed);
    this.chance = chance.of("world");
    this.scheduler = new Scheduler(chance.of("order"), startAt);
    this.history = new History(this.scheduler, isTraced);
    this.faults = drawFaults(chance.of("faults"));
    this.weather = new Weather(this.faults, chance.of("weather"), this.history);
    this.broker = new BrokerServer(this.scheduler);
    this.store = new WatchedStoreServer(this.history, space);
    const { names } = this;
    const count = this.chance.int(1, 4);
    this.targets = Array.from({ length: count }, (_, index) => `target-${index + 1}`);
    this.dispatchers = ["d1", "d2"].map((name) => this.#dispatcher(name, names, chance, isTraced));
    this.tentacles = this.#services().map((targets, index) =>
      this.#tentacle(`tentacle-${index + 1}`, targets, names, chance),
    );
    this.client = new Client({
      scheduler: this.scheduler,
      server: this.broker,
      // A client's message without a key must not come twice: see `Client`.
      weather: { ...this.weather.broker, isDuplicated: () => false },
      topology: names,
      space,
      name: "client",
      chance: chance.of("client"),
      history: this.history,
    });
    this.forger = new Forger(this, chance.of("forger"));
  }

  get records(): SpaceRecords {
    return this.store.records(space);
  }

  someTentacle(): Tentacle {
    return this.chance.pick(this.tentacles);
  }

  /** The users of all tentacles that serve it. */
  usersOf(target: string): string[] {
    const names = this.tentacles.flatMap(({ name, targets }) => (targets.includes(target) ? [name] : []));
    return names.map((name) => this.names.user(space, name));
  }

  someDispatcher(): DispatcherProcess {
    return this.chance.pick(this.dispatchers);
  }

  /** Which targets each tentacle serves: every target is served, some by several tentacles. */
  #services(): string[][] {
    const services = this.targets.map((target) => [target]);
    const more = this.chance.int(0, 2);
    for (let index = 0; index < more; index += 1) {
      const some = this.chance.some(this.targets, 0.5);
      services.push(some.length > 0 ? some : [this.chance.pick(this.targets)]);
    }
    return services;
  }

  #dispatcher(name: string, names: Topology, chance: Chance, isTraced: boolean): DispatcherProcess {
    return new DispatcherProcess({
      scheduler: this.scheduler,
      broker: this.broker,
      brokerWeather: this.weather.broker,
      store: this.store,
      storeWeather: this.weather.store,
      topology: names,
      space,
      name,
      chance: chance.of(name),
      history: this.history,
      isTraced,
      settings: {
        engine: {
          leaseMs: this.leaseMs,
          backoffBaseMs: 200,
          backoffMaxMs: this.backoffMaxMs,
          cancelGraceMs: 500,
          cancelMarginMs: 1_000,
        },
        serverUsers: [serverUser],
        ownerLeaseMs: this.ownerLeaseMs,
        retryMs: 200,
        batchMessagesMax: this.chance.pick([1, 3, 100]),
        payloadCacheBytes: this.chance.pick([0, 1_000_000]),
      },
    });
  }

  #tentacle(name: string, targets: readonly string[], names: Topology, chance: Chance): Tentacle {
    return new Tentacle({
      scheduler: this.scheduler,
      server: this.broker,
      weather: this.weather.broker,
      topology: names,
      space,
      name,
      targets,
      capacity: this.chance.pick([1, 2, 10]),
      chance: chance.of(name),
      history: this.history,
      trouble: () => this.weather.trouble,
    });
  }
}
