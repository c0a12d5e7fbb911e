import type { Broker, BrokerCapabilities } from "@berth/broker";

/** What an adapter's test file hands to the contract. */
export interface BrokerSubject {
  /** What every connection must say of itself. */
  readonly capabilities: BrokerCapabilities;
  /** The user whose connections `connect` makes; `null` where the broker authenticates nobody. */
  readonly userId: string | null;
  /** Why a durable broker cannot be restarted by this test; its tests are skipped for that reason. */
  readonly restartIsImpossible?: string;
  /** Called once for all tests. */
  open(): Promise<OpenBroker>;
}

export interface OpenBroker {
  /** A connection of its own, not started. */
  connect(): Promise<Broker>;
  /** Ends the broker's process and starts it again; resolves when it takes connections. */
  restart?(): Promise<void>;
  close(): Promise<void>;
}
