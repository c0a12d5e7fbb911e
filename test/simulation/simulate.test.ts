import { describe, expect, test } from "vitest";
import { simulateMany } from "./many.ts";
import { type SimulationResult, simulate } from "./simulate.ts";

/** Always the same, so that a failure is one of the change that was made. `npm run sim` looks at others. */
const seeds = 60;

describe("the simulation", () => {
  test("a run with the same seed is exactly the same run", async () => {
    const first = await simulate(7);
    const again = await simulate(7, true);
    expect({ ...again, lines: [] }).toEqual(first);
    expect(first.events).toBeGreaterThan(1_000);
    expect((await simulate(8)).trace).not.toBe(first.trace);
  });

  test(`${seeds} runs keep all laws through all faults`, { timeout: 400_000 }, async () => {
    const results: SimulationResult[] = [];
    await simulateMany({ from: 1, seeds, workers: 2 }, (result) => results.push(result));
    const broken = results.filter(({ violations }) => violations.length > 0);
    expect(
      broken.map(({ seed, violations }) => ({ replay: `npm run sim -- --seed ${seed}`, violations })),
    ).toEqual([]);
    expect(results).toHaveLength(seeds);
    expect(results.filter(({ faults }) => faults > 10).length).toBeGreaterThan(seeds / 2);
    expect(results.every(({ grants }) => grants > 0)).toBe(true);
  });
});
