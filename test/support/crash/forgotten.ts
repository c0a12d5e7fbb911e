/**
 * A time of which nobody knows any more what was committed in it: the store lost it, and whoever remembers it had been followed by
 * another owner, who started without it. ms.
 */
export interface Forgotten {
  readonly from: number;
  readonly until: number;
}

export function isForgotten(forgotten: readonly Forgotten[], at: number): boolean {
  return forgotten.some(({ from, until }) => at >= from && at <= until);
}
