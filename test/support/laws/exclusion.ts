/** A time during which something held a slot; ms. What ends at the instant in which another begins does not overlap. */
export interface Holding {
  readonly slot: string;
  readonly mode: "exclusive" | "shared";
  readonly from: number;
  /** `Infinity`: it has not ended. */
  readonly until: number;
  /** Names it in a finding. */
  readonly label: string;
}

/** Law 1: on a slot at any instant, one exclusive holder and no other, or any number of shared ones. */
export function overlaps(holdings: readonly Holding[]): string[] {
  const bySlot = Map.groupBy(holdings, (holding) => holding.slot);
  return [...bySlot.values()].flatMap(overlapsOfOneSlot);
}

function overlapsOfOneSlot(holdings: Holding[]): string[] {
  const ordered = holdings.toSorted((one, other) => one.from - other.from || one.until - other.until);
  const findings: string[] = [];
  let longest: Holding | null = null;
  let longestExclusive: Holding | null = null;
  for (const holding of ordered) {
    // An exclusive one conflicts with whatever still holds, a shared one with an exclusive one.
    const other: Holding | null = holding.mode === "exclusive" ? longest : longestExclusive;
    if (other !== null && other.until > holding.from) {
      findings.push(
        `${holding.slot}: ${holding.label} began at ${holding.from}, before ${other.label} ended at ${other.until}`,
      );
    }
    if (longest === null || holding.until > longest.until) longest = holding;
    if (
      holding.mode === "exclusive" &&
      (longestExclusive === null || holding.until > longestExclusive.until)
    ) {
      longestExclusive = holding;
    }
  }
  return findings;
}
