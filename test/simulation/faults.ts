import type { BrokerWeather } from "./broker/weather.ts";
import type { History } from "./history.ts";
import type { StoreWeather } from "./store/client.ts";
import type { Chance } from "./world/chance.ts";

/** How likely everything is that can go wrong. What is told of a request is drawn for each request. */
export interface Faults {
  /** A request that the store never hears of. */
  readonly storeLost: number;
  /** A request that the store carries out and whose answer is lost. */
  readonly storeUnanswered: number;
  /** A request that takes long, and how long at most; ms. */
  readonly storeSlow: number;
  readonly storeSlowMsMax: number;
  /** A message or an answer of the broker that takes long. */
  readonly brokerSlow: number;
  readonly brokerSlowMsMax: number;
  /** A message that arrives twice. */
  readonly duplicated: number;
  /** What a script or a handler may do wrong: 0 to 1. */
  readonly trouble: number;
  /** Somebody has the credentials of a tentacle who should not. */
  readonly forgery: boolean;
  /** How often something befalls a whole process or server: the mean time between two; ms. */
  readonly calamityEveryMs: number;
  /** How much more often each of them is drawn than the others; 0: never. */
  readonly calamities: Readonly<Record<CalamityName, number>>;
}

export type CalamityName =
  | "tentacleKilled"
  | "tentacleRebooted"
  | "tentacleFrozen"
  | "tentacleUpgraded"
  | "tentacleCutOff"
  | "tentacleDisconnected"
  | "dispatcherKilled"
  | "dispatcherStopped"
  | "dispatcherFrozen"
  | "dispatcherDisconnected"
  | "clockJumps"
  | "clientDisconnected"
  | "brokerRestarted"
  | "storeRollsBack"
  | "storeLosesEverything";

export const noFaults: Faults = {
  storeLost: 0,
  storeUnanswered: 0,
  storeSlow: 0,
  storeSlowMsMax: 0,
  brokerSlow: 0,
  brokerSlowMsMax: 0,
  duplicated: 0,
  trouble: 0,
  forgery: false,
  calamityEveryMs: Number.POSITIVE_INFINITY,
  calamities: {
    tentacleKilled: 0,
    tentacleRebooted: 0,
    tentacleFrozen: 0,
    tentacleUpgraded: 0,
    tentacleCutOff: 0,
    tentacleDisconnected: 0,
    dispatcherKilled: 0,
    dispatcherStopped: 0,
    dispatcherFrozen: 0,
    dispatcherDisconnected: 0,
    clockJumps: 0,
    clientDisconnected: 0,
    brokerRestarted: 0,
    storeRollsBack: 0,
    storeLosesEverything: 0,
  },
};

const allFaults: Faults = {
  storeLost: 0.01,
  storeUnanswered: 0.01,
  storeSlow: 0.03,
  storeSlowMsMax: 1_500,
  brokerSlow: 0.02,
  brokerSlowMsMax: 400,
  duplicated: 0.02,
  trouble: 1,
  forgery: true,
  calamityEveryMs: 1_200,
  calamities: {
    tentacleKilled: 5,
    tentacleRebooted: 2,
    tentacleFrozen: 4,
    tentacleUpgraded: 3,
    tentacleCutOff: 3,
    tentacleDisconnected: 3,
    dispatcherKilled: 6,
    dispatcherStopped: 2,
    dispatcherFrozen: 4,
    dispatcherDisconnected: 3,
    clockJumps: 3,
    clientDisconnected: 2,
    brokerRestarted: 2,
    storeRollsBack: 2,
    storeLosesEverything: 1,
  },
};

/** Each run has some of the faults only, so that those which would hide others are away at times. */
export function drawFaults(chance: Chance): Faults {
  if (chance.happens(0.05)) return { ...noFaults, trouble: 1 };
  const some = (probability: number): number => (chance.happens(0.7) ? probability * 2 * chance.float() : 0);
  const calamities = { ...allFaults.calamities };
  for (const name of Object.keys(calamities) as CalamityName[])
    if (chance.happens(0.35)) calamities[name] = 0;
  const isEmpty = Object.values(calamities).every((weight) => weight === 0);
  return {
    ...allFaults,
    storeLost: some(allFaults.storeLost),
    storeUnanswered: some(allFaults.storeUnanswered),
    storeSlow: some(allFaults.storeSlow),
    brokerSlow: some(allFaults.brokerSlow),
    duplicated: some(allFaults.duplicated),
    trouble: chance.pick([0, 0.3, 1, 1]),
    forgery: chance.happens(0.5),
    calamityEveryMs: isEmpty ? Number.POSITIVE_INFINITY : chance.int(500, 4_000),
    calamities,
  };
}

/** The faults of single requests, as long as there are any: `calm` ends them. */
export class Weather {
  readonly store: StoreWeather;
  readonly broker: BrokerWeather;
  #faults: Faults;

  constructor(faults: Faults, chance: Chance, history: History) {
    this.#faults = faults;
    const [store, broker] = [chance.of("store"), chance.of("broker")];
    this.store = {
      delayMs: () => {
        const { storeSlow, storeSlowMsMax } = this.#faults;
        if (!store.happens(storeSlow)) return store.int(0, 3);
        history.fault("store slow", "");
        return store.int(50, storeSlowMsMax);
      },
      fate: (request) => {
        const { storeLost, storeUnanswered } = this.#faults;
        if (store.happens(storeLost)) return fault("lost", request);
        return store.happens(storeUnanswered) ? fault("unanswered", request) : "answered";
      },
    };
    const fault = <Fate>(fate: Fate, request: string): Fate => {
      history.fault(`store ${String(fate)}`, request);
      return fate;
    };
    this.broker = {
      delayMs: () => {
        const { brokerSlow, brokerSlowMsMax } = this.#faults;
        return broker.happens(brokerSlow) ? broker.int(5, brokerSlowMsMax) : broker.int(0, 3);
      },
      serverNoticeMs: () => (broker.happens(0.5) ? broker.int(0, 5) : broker.int(100, 2_500)),
      clientNoticeMs: () => (broker.happens(0.5) ? broker.int(0, 5) : broker.int(100, 2_500)),
      reconnectMs: () => broker.int(20, 400),
      isDuplicated: () => {
        const isDuplicated = broker.happens(this.#faults.duplicated);
        if (isDuplicated) history.fault("message duplicated", "");
        return isDuplicated;
      },
    };
  }

  get trouble(): number {
    return this.#faults.trouble;
  }

  calm(): void {
    this.#faults = noFaults;
  }
}
