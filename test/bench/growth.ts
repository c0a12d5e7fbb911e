import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { SpawnedSpace } from "./engine/spawned-space.ts";
import { median, rounded, summaryOf } from "./figures.ts";
import type { Shape } from "./growth/shape.ts";
import type { GrowthBuilt, GrowthOptions, GrowthPlayed } from "./growth/space-process.ts";
import type { StackOptions } from "./growth/stack-process.ts";
import { interleaved, ratios } from "./interleaved.ts";

const fewWaitingLegs = 1000;
const sizesOfTogether = [1, 10, 1000];
/** Legs that wait behind tasks that start together: the same for all sizes. */
const togetherWaiting = 10_000;
const togetherTargets = 10_000;
/** With the whole of Berth around the engine. Filling it takes a commit for each task. */
const stackTargets = 1000;
const stackWaiting = 100_000;

type GrowthSpace = SpawnedSpace<GrowthBuilt, GrowthPlayed>;

interface Row {
  readonly part: string;
  readonly what: string;
  readonly start: () => Promise<GrowthSpace>;
}

/**
 * What a leg costs from its submit to its end while ever more others wait: in an engine with tasks of all modes; in one whose
 * tasks start together on 1, 10 and 1,000 targets; and in a whole Berth on its embedded adapters. The spaces of a part take
 * turns, each in a process of its own, with the same targets: only what is told in the row differs.
 */
export async function growth(options: BenchOptions): Promise<BenchResult> {
  const parts = [partOfModes(options), partOfTogether(options), partOfStack(options)];
  const found: Found[] = [];
  for (const rows of parts) found.push(...(await playPart(rows, options.rounds)));
  const { targets, tasks, waiting } = options;
  const modes = found.filter(({ part }) => part === "all modes");
  const last = modes.at(-1);
  // What waits in the one and not in the other: both have the same targets, and one running leg on each of them.
  const more = (last?.bytes ?? Number.NaN) - (modes[0]?.bytes ?? Number.NaN);
  const bytesPerWaitingLeg = Math.round(more / (waiting - fewWaitingLegs));
  return {
    title: `CPU µs per leg, from submit to end, ${tasks} a round on ${targets} targets`,
    rows: found.map((row) => ({
      part: row.part,
      space: row.what,
      "µs per leg": rounded(median(row.micros), 2),
      "× the first": rounded(median(row.ratios), 2),
      overlaps: row.overlaps,
    })),
    summary: [
      `${waiting} waiting legs over ${fewWaitingLegs}: ${rounded(median(last?.ratios ?? []), 2)} times the cost (median of the rounds)`,
      `a waiting leg: ${bytesPerWaitingLeg} bytes`,
    ],
    figures: {
      growthRatio: rounded(median(last?.ratios ?? []), 3),
      bytesPerWaitingLeg,
      overlaps: found.reduce((sum, row) => sum + row.overlaps, 0),
      parts: found.map(({ part, what, micros, ratios: ofRounds, bytes, loadSeconds }) => ({
        ...{ part, space: what, bytes, loadSeconds },
        ...{ microsPerLeg: summaryOf(micros, 2), ratio: summaryOf(ofRounds, 3) },
      })),
      targets,
      tasks,
      waiting,
    },
  };
}

function partOfModes({ targets, tasks, waiting, seed }: BenchOptions): Row[] {
  const levels: number[] = [];
  for (let level = fewWaitingLegs; level < waiting; level *= 10) levels.push(level);
  return [...levels, waiting].map((waitingLegs) => ({
    part: "all modes",
    what: `${waitingLegs} wait`,
    start: () => startSpace({ targets, waitingLegs, legsPerRound: tasks, shape: { type: "mixed" }, seed }),
  }));
}

function partOfTogether({ tasks, seed }: BenchOptions): Row[] {
  return sizesOfTogether.map((size) => {
    const shape: Shape = { type: "together", targets: size };
    const space = { targets: togetherTargets, waitingLegs: togetherWaiting, legsPerRound: tasks };
    return {
      part: "together",
      what: `${size} targets a task`,
      start: () => startSpace({ ...space, shape, seed }),
    };
  });
}

function partOfStack({ seed, waiting }: BenchOptions): Row[] {
  return [fewWaitingLegs, Math.min(waiting, stackWaiting)].map((waitingLegs) => ({
    part: "with dispatcher, SQLite and tentacle",
    what: `${waitingLegs} wait`,
    start: () => startStack({ targets: stackTargets, waitingLegs, legsPerRound: stackTargets, seed }),
  }));
}

function startSpace(options: GrowthOptions): Promise<GrowthSpace> {
  return SpawnedSpace.start(new URL("growth/space-process.ts", import.meta.url), options);
}

function startStack(options: StackOptions): Promise<GrowthSpace> {
  return SpawnedSpace.start(new URL("growth/stack-process.ts", import.meta.url), options);
}

interface Found {
  readonly part: string;
  readonly what: string;
  /** Of each round. */
  readonly micros: readonly number[];
  /** Over the first space of the part, in the same round. */
  readonly ratios: readonly number[];
  readonly bytes: number;
  readonly loadSeconds: number;
  readonly overlaps: number;
}

async function playPart(rows: readonly Row[], rounds: number): Promise<Found[]> {
  const spaces = new Map<string, GrowthSpace>();
  try {
    for (const { what, start } of rows) spaces.set(what, await start());
    const names = rows.map(({ what }) => what);
    const played = await interleaved(names, rounds, (what) => spaceOf(spaces, what).play());
    const micros = (what: string): number[] =>
      (played[what] ?? []).map(({ cost }) => (cost.cpuSeconds * 1e6) / cost.legs);
    return rows.map(({ part, what }) => {
      const { bytes, loadSeconds } = spaceOf(spaces, what).built;
      return {
        part,
        what,
        micros: micros(what),
        ratios: ratios(micros(what), micros(names[0] ?? "")),
        bytes,
        loadSeconds: rounded(loadSeconds, 2),
        overlaps: played[what]?.at(-1)?.overlaps ?? Number.NaN,
      };
    });
  } finally {
    for (const space of spaces.values()) space.stop();
  }
}

function spaceOf(spaces: ReadonlyMap<string, GrowthSpace>, what: string): GrowthSpace {
  const space = spaces.get(what);
  if (space === undefined) throw new Error(`there is no space "${what}"`);
  return space;
}
