/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((one, other) => one - other);
  const middle = Math.floor(ordered.length / 2);
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The least value that is at least as great as this share of all of them (nearest rank); `share` is in (0, 1]. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const ordered = Float64Array.from(values).sort();
  return ordered[Math.max(0, Math.ceil(ordered.length * share) - 1)] ?? Number.NaN;
}

/** The least and the greatest. */
export function spread(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** What some rounds found of one thing: their median, and from where to where they reach. */
export interface Summary {
  readonly median: number;
  readonly spread: readonly [number, number];
  readonly rounds: readonly number[];
}

export function summaryOf(values: readonly number[], digits: number): Summary {
  const [least, greatest] = spread(values);
  return {
    median: rounded(median(values), digits),
    spread: [rounded(least, digits), rounded(greatest, digits)],
    rounds: values.map((value) => rounded(value, digits)),
  };
}
