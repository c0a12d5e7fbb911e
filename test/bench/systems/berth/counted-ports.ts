import type { Broker, MessageHandler } from "@berth/broker";
import type { Store } from "@berth/store";

/** What a dispatcher did at its two ports until now. */
export interface PortCounts {
  /** Messages that came to it. */
  received: number;
  /** Messages that it sent. */
  sent: number;
  /** Commits, and whatever else it asked of the store. */
  storeOperations: number;
}

export function noCounts(): PortCounts {
  return { received: 0, sent: 0, storeOperations: 0 };
}

export function countedBroker(broker: Broker, counts: PortCounts): Broker {
  return new Proxy(broker, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...words: unknown[]) => {
        if (name === "publish") counts.sent += 1;
        if (name === "consume") words[2] = counting(words[2] as MessageHandler, counts);
        return Reflect.apply(value, target, words);
      };
    },
  });
}

export function countedStore(store: Store, counts: PortCounts): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...words: unknown[]) => {
        counts.storeOperations += 1;
        return Reflect.apply(value, target, words);
      };
    },
  });
}

function counting(handler: MessageHandler, counts: PortCounts): MessageHandler {
  return (message) => {
    counts.received += 1;
    handler(message);
  };
}
