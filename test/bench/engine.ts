import type { BenchOptions, BenchResult } from "./benchmark.ts";
import type { Built, Played, SpaceOptions } from "./engine/space-process.ts";
import { SpawnedSpace } from "./engine/spawned-space.ts";
import { median } from "./figures.ts";

const fewWaitingLegs = 1000;

/**
 * The engine alone: what a submit and a finish cost while few legs wait, and while very many do.
 *
 * Both spaces have the same targets, each of them busy, and get the same commands for the same targets in the same order;
 * only how many legs wait differs. Fewer targets for the fewer legs would fit a cache, and would compare memory rather
 * than rules; the same few targets over and over would fit one in both spaces, and hide what a large one costs. Each space
 * has a process of its own, because collecting its garbage is part of its cost. They take turns, so that whatever else the
 * machine does meets both.
 */
export async function engine(options: BenchOptions): Promise<BenchResult> {
  const { targets, tasks, waiting } = options;
  if (tasks > targets)
    throw new Error(`--tasks is ${tasks}; expected at most one for each of ${targets} targets`);
  if (waiting <= fewWaitingLegs)
    throw new Error(`--waiting is ${waiting}; expected more than ${fewWaitingLegs}`);
  const { seed } = options;
  const space = { targets, tasksPerRound: tasks, seed };
  const few = await startSpace({ ...space, waitingLegs: fewWaitingLegs });
  try {
    const many = await startSpace({ ...space, waitingLegs: waiting });
    try {
      const rounds: Round[] = [];
      while (rounds.length < options.rounds) rounds.push(await playRound(few, many, rounds.length));
      return resultOf(options, seed, many.built, rounds);
    } finally {
      many.stop();
    }
  } finally {
    few.stop();
  }
}

type BuiltSpace = SpawnedSpace<Built, Played>;

function startSpace(options: SpaceOptions): Promise<BuiltSpace> {
  return SpawnedSpace.start(new URL("engine/space-process.ts", import.meta.url), options);
}

interface Round {
  readonly few: Played;
  readonly many: Played;
}

/** They take turns at going first too: who comes second finds the caches full of the other's. */
async function playRound(few: BuiltSpace, many: BuiltSpace, index: number): Promise<Round> {
  if (index % 2 === 0) return { few: await few.play(), many: await many.play() };
  const played = await many.play();
  return { many: played, few: await few.play() };
}

function resultOf(options: BenchOptions, seed: number, built: Built, rounds: readonly Round[]): BenchResult {
  const { targets, tasks, waiting } = options;
  const microsOf = (seconds: number): number => rounded((seconds * 1e6) / tasks, 2);
  const cpuMicros = (which: keyof Round): number[] =>
    rounds.map((round) => microsOf(round[which].cost.cpuSeconds));
  const wallMicros = (which: keyof Round): number[] =>
    rounds.map((round) => microsOf(round[which].cost.seconds));
  const ratios = rounds.map(({ few, many }) => many.cost.cpuSeconds / few.cost.cpuSeconds);
  const overlaps = rounds.map(({ few, many }) => few.overlaps + many.overlaps);
  const bytesPerWaitingLeg = Math.round(built.bytesPerWaitingLeg);
  return {
    title: `the engine alone: CPU µs per submit + finish, ${tasks} a round, on ${targets} busy targets`,
    rows: rounds.map(({ few, many }, index) => ({
      round: index + 1,
      [`${few.waitingLegs} waiting`]: microsOf(few.cost.cpuSeconds),
      [`${many.waitingLegs} waiting`]: microsOf(many.cost.cpuSeconds),
      ratio: rounded(ratios[index] ?? Number.NaN, 2),
      overlaps: overlaps[index] ?? Number.NaN,
    })),
    summary: [
      `${waiting} waiting legs over ${fewWaitingLegs}: ${rounded(median(ratios), 2)} times the cost (median of the rounds)`,
      `a waiting leg: ${bytesPerWaitingLeg} bytes`,
      `a new engine from the records of ${waiting} waiting legs: ${rounded(median(built.loadSeconds), 1)} s`,
    ],
    figures: {
      commandsPerSecond: {
        [fewWaitingLegs]: medianSpeed(rounds, "few"),
        [waiting]: medianSpeed(rounds, "many"),
      },
      growthRatio: rounded(median(ratios), 3),
      growthRatioSpread: [rounded(Math.min(...ratios), 3), rounded(Math.max(...ratios), 3)],
      // With what a median leaves out: the rare rounds in which the whole heap is collected.
      growthRatioOfSums: rounded(cpuSecondsOf(rounds, "many") / cpuSecondsOf(rounds, "few"), 3),
      bytesPerWaitingLeg,
      loadSeconds: rounded(median(built.loadSeconds), 2),
      rounds: {
        cpuMicrosPerSubmitAndFinish: { [fewWaitingLegs]: cpuMicros("few"), [waiting]: cpuMicros("many") },
        microsPerSubmitAndFinish: { [fewWaitingLegs]: wallMicros("few"), [waiting]: wallMicros("many") },
        loadSeconds: built.loadSeconds.map((seconds) => rounded(seconds, 2)),
      },
      overlaps: overlaps.at(-1),
      targets,
      tasks,
      seed,
    },
  };
}

/** Commands per second, of time as it passes. */
function medianSpeed(rounds: readonly Round[], which: keyof Round): number {
  return Math.round(median(rounds.map((round) => round[which].cost.commands / round[which].cost.seconds)));
}

function cpuSecondsOf(rounds: readonly Round[], which: keyof Round): number {
  return rounds.reduce((sum, round) => sum + round[which].cost.cpuSeconds, 0);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
