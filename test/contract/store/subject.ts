import type { Store } from "@berth/store";

/** What an adapter's test file hands to the contract. */
export interface StoreSubject {
  /** An empty store, or one whose spaces have other names than those of the tests. May be called several times. */
  open(): Promise<OpenStore>;
  /** Whether what is stored is there when the store is opened again. */
  readonly isLasting: boolean;
}

export interface OpenStore {
  /** Started. */
  readonly store: Store;
  /** Stops the store and starts another one, as a new process would. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
}
