import type { DeliverEffect } from "@berth/engine";

/** A leg that was granted and has not ended. */
export interface Holder {
  readonly target: string;
  readonly leg: string;
  readonly token: string;
  readonly mode: DeliverEffect["mode"];
}

/** Law 1 apart from the engine, in all modes: who holds the slot of each target, by what was delivered and what has ended. */
export class Holders {
  readonly #byTarget = new Map<string, Map<string, Holder>>();
  grants = 0;
  /** Grants of a slot whose holders forbid them. */
  overlaps = 0;

  add(holder: Holder): void {
    this.grants += 1;
    if (holder.mode === "bypass") return;
    const others = this.#byTarget.get(holder.target);
    if (others === undefined) {
      this.#byTarget.set(holder.target, new Map([[holder.leg, holder]]));
      return;
    }
    const isAlone =
      holder.mode === "exclusive" || [...others.values()].some(({ mode }) => mode === "exclusive");
    if (others.size > 0 && isAlone) this.overlaps += 1;
    others.set(holder.leg, holder);
  }

  end({ target, leg }: Holder): void {
    this.#byTarget.get(target)?.delete(leg);
  }
}
