import type { Ownership, Store } from "@berth/store";
import type { Timing } from "./timing.ts";

export interface LeaseSetup {
  readonly store: Store;
  readonly space: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly timing: Timing;
}

/**
 * The lease of an owner, as far as it can know by itself. While it lasts nobody else can have the space. A process that
 * stood still for longer finds it over, whatever it was doing, and asks the store before it does the next thing.
 */
export class Lease {
  readonly #setup: LeaseSetup;
  /** When the store was asked for what it agreed to last. */
  #asked: { readonly at: number; readonly elapsed: number } | null = null;

  constructor(setup: LeaseSetup) {
    this.#setup = setup;
  }

  /** Others may have the space. A clock that was set, or a machine that was suspended, shows in one of the two times only. */
  get isOver(): boolean {
    if (this.#asked === null) return true;
    const { timing, leaseMs } = this.#setup;
    const { at, elapsed } = this.#asked;
    return timing.now() - at >= leaseMs || timing.elapsed() - elapsed >= leaseMs;
  }

  /** `null`: somebody else has the space. */
  async acquire(epochAbove: number): Promise<Ownership | null> {
    const { store, space, owner, leaseMs } = this.#setup;
    return await this.#ask((at) => store.acquire({ space, owner, at, leaseMs, epochAbove }));
  }

  /** Resolves with the number of the last commit that is stored; `null`: the space is not the owner's in this epoch. */
  async renew(epoch: number): Promise<number | null> {
    const { store, space, owner, leaseMs } = this.#setup;
    return await this.#ask((at) => store.renew({ space, owner, epoch, at, leaseMs }));
  }

  async #ask<Answer>(question: (at: number) => Promise<Answer | null>): Promise<Answer | null> {
    const { timing } = this.#setup;
    const asked = { at: timing.now(), elapsed: timing.elapsed() };
    const answer = await question(asked.at);
    if (answer !== null) this.#asked = asked;
    return answer;
  }
}
