import type { Store } from "@berth/store";

/** What an adapter's test file hands to the contract. */
export interface StoreSubject {
  /** An empty store, or one whose spaces have other names than those of the tests. May be called several times. */
  open(): Promise<OpenStore>;
  /** Why what is stored cannot outlive the store here; the tests of that are skipped for this reason. */
  readonly reopenIsImpossible?: string;
}

export interface OpenStore {
  /** Started. */
  readonly store: Store;
  /** Stops the store and starts another one, as a new process would, which has what was stored. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
}
