import type { SpaceHistory } from "@berth/store";

/**
 * Whoever waits for a space sees here when the store went backwards. The owner of then has in memory what the store has
 * lost, and comes first: it is given the time of a lease to take the space again and make it whole.
 */
export class Courtesy {
  readonly #self: string;
  readonly #graceMs: number;
  /** The furthest that the space was seen. */
  #seen: { readonly epoch: number; readonly owner: string; readonly sequence: number } | null = null;
  #setbackAt: number | null = null;

  constructor(self: string, graceMs: number) {
    this.#self = self;
    this.#graceMs = graceMs;
  }

  /** Whether to leave the space to its owner for now. */
  leavesItToItsOwner({ sequence, epochs }: Pick<SpaceHistory, "sequence" | "epochs">, now: number): boolean {
    const newest = epochs.at(-1) ?? { epoch: 0, owner: "" };
    const wasSetBack =
      this.#seen !== null &&
      (newest.epoch < this.#seen.epoch ||
        (newest.epoch === this.#seen.epoch && sequence < this.#seen.sequence));
    if (!wasSetBack) {
      this.#seen = { epoch: newest.epoch, owner: newest.owner, sequence };
      this.#setbackAt = null;
      return false;
    }
    if (this.#seen?.owner === this.#self) return false;
    this.#setbackAt ??= now;
    return now - this.#setbackAt < this.#graceMs;
  }
}
