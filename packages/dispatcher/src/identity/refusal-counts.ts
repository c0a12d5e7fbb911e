/** So many of a user's refusals are told of, and then every tenth, hundredth … time as many. */
const toldMax = 10;
/** After so long without one it begins anew; ms. */
const quietMs = 3_600_000;

/** Which refusals are told of: a flood of forged messages must fill neither the store nor the queues. */
export class RefusalCounts {
  readonly #byUser = new Map<string | null, { count: number; lastAt: number }>();

  /** How many refusals of this user this one makes; `null`: it is one of too many to tell of. */
  count(user: string | null, at: number): number | null {
    const before = this.#byUser.get(user);
    const count = before === undefined || at - before.lastAt > quietMs ? 1 : before.count + 1;
    this.#byUser.set(user, { count, lastAt: at });
    return count <= toldMax || isPowerOfTen(count) ? count : null;
  }
}

function isPowerOfTen(count: number): boolean {
  return 10 ** Math.round(Math.log10(count)) === count;
}
