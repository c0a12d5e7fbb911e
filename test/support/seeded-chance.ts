/** Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a failed run can be played again. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run: from `BERTH_RANDOM_SEED`, or a new one. */
export function chosenSeed(): number {
  const given = process.env.BERTH_RANDOM_SEED;
  return given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
}
