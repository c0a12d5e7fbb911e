import type { Effect } from "@berth/engine";

/** What a delivery said of the grant that holds a slot. */
interface Grant {
  readonly leg: string;
  readonly token: string;
}

/**
 * Law 1 apart from the engine, where all legs are exclusive and each target has one slot: who holds it, by what was sent
 * and what was reported.
 */
export class HeldSlots {
  readonly #grants = new Map<string, Grant>();
  /** All that were ever made. */
  grants = 0;
  /** Those of a slot that was held. */
  overlaps = 0;

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== "deliver")
        throw new Error(`the engine sends ${effect.type}; expected deliveries alone`);
      this.grants += 1;
      if (this.#grants.has(effect.target)) this.overlaps += 1;
      this.#grants.set(effect.target, { leg: effect.leg, token: effect.token });
    }
  }

  /** What held the slot of this target has ended. */
  release(target: string): void {
    this.#grants.delete(target);
  }

  grantOf(target: string): Grant {
    const grant = this.#grants.get(target);
    if (grant === undefined) throw new Error(`nothing holds the slot of ${target}`);
    return grant;
  }
}
