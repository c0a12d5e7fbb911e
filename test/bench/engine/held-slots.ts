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
  /** By target. More than one grant at a time is what must not be. */
  readonly #grants = new Map<string, Grant[]>();
  /** All that were ever made. */
  grants = 0;
  /** Those of a slot that was held. */
  overlaps = 0;

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== "deliver")
        throw new Error(`the engine sends ${effect.type}; expected deliveries alone`);
      this.grants += 1;
      const grant = { leg: effect.leg, token: effect.token };
      const others = this.#grants.get(effect.target);
      if (others === undefined) {
        this.#grants.set(effect.target, [grant]);
      } else {
        this.overlaps += 1;
        others.push(grant);
      }
    }
  }

  /** The oldest grant that holds the slot of this target. */
  grantOf(target: string): Grant {
    const [grant] = this.#grants.get(target) ?? [];
    if (grant === undefined) throw new Error(`nothing holds the slot of ${target}`);
    return grant;
  }

  /** What `grantOf` tells has ended. */
  release(target: string): void {
    const grants = this.#grants.get(target);
    grants?.shift();
    if (grants?.length === 0) this.#grants.delete(target);
  }
}
