/**
 * Plays each of some contenders once a round: A B C, then B C A, … A machine gets slower or faster over minutes, by its
 * heat or by others who work on it; so each round is compared within itself, and nobody always comes first.
 * Resolves with what each found, in the order of the rounds.
 */
export async function interleaved<Name extends string, Found>(
  contenders: readonly Name[],
  rounds: number,
  play: (contender: Name, round: number) => Promise<Found>,
): Promise<Record<Name, Found[]>> {
  const found = Object.fromEntries(contenders.map((name): [Name, Found[]] => [name, []])) as Record<
    Name,
    Found[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contenders.length;
    for (const name of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      found[name].push(await play(name, round));
    }
  }
  return found;
}

/** What one found over what the other found in the same round. */
export function ratios(ones: readonly number[], others: readonly number[]): number[] {
  return ones.map((one, round) => one / (others[round] ?? Number.NaN));
}
