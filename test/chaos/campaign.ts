// A run of chaos: faults at random, one or two at a time, while clients work; then everything is mended, comes to its end, and is judged.
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { below, type Chance } from "../support/crash/load.ts";
import { seededChance } from "../support/seeded-chance.ts";
import { faults, mayCoincide } from "./faults/all.ts";
import type { Fault } from "./faults/fault.ts";
import { replicaPromotedToHeir } from "./faults/store.ts";
import { findingsOf, judge } from "./judge.ts";
import { slowestRegrantMs } from "./laws/freed-in-time.ts";
import { findStale, sendStaleReports } from "./stale-reports.ts";
import { ChaosWorld } from "./world.ts";

export interface CampaignWish {
  readonly minutes: number;
  readonly seed: number;
  /** The faults that may come; all, where it is empty. */
  readonly only: readonly string[];
  /** Lines for people. */
  readonly tell: (line: string) => void;
}

/** The last line of a run, with exactly these fields. */
export interface CampaignResult {
  readonly seed: number;
  readonly submitted: number;
  readonly finished: number;
  readonly parked: number;
  readonly lost: number;
  readonly overlaps: number;
  readonly staleAccepted: number;
  readonly failedWithoutOops: number;
  readonly slowestRegrantMs: number;
  readonly leaseMs: number;
  /** How often each fault came. */
  readonly kills: Readonly<Record<string, number>>;
}

export interface CampaignOutcome {
  readonly result: CampaignResult;
  /** What breaks a law, in sentences. */
  readonly findings: readonly string[];
  /** Where the logs are; `null`: nothing was found, so nobody needs them. */
  readonly logs: string | null;
}

const clients = 6;
const leaseMs = 3_000;

export async function runCampaign({ minutes, seed, only, tell }: CampaignWish): Promise<CampaignOutcome> {
  const chance = seededChance(seed);
  const untilMs = performance.now() + minutes * 60_000;
  const pool = faults.filter(({ name }) => only.length === 0 || only.includes(name));
  tell("starting RabbitMQ, Redis, two dispatchers, the API and three tentacles");
  const world = await ChaosWorld.open(leaseMs);
  try {
    const kills = new Map<string, number>(faults.map(({ name }) => [name, 0]));
    const failure = await rampage(world, { chance, seed, pool, untilMs, kills, tell });
    tell("everything is mended; waiting until all tasks have come to their end");
    const verdict = await judge(world);
    const findings = [...failure, ...findingsOf(verdict, world)];
    const { submitted, finished, parked, ...laws } = verdict;
    const result = {
      ...{ seed, submitted, finished, parked },
      ...{ lost: laws.lost.length, overlaps: laws.overlaps.length },
      ...{ staleAccepted: laws.staleAccepted.length, failedWithoutOops: laws.failedWithoutOops.length },
      ...{ slowestRegrantMs: Math.round(slowestRegrantMs(world.regrants)), leaseMs },
      kills: Object.fromEntries(kills),
    };
    return { result, findings, logs: findings.length === 0 ? null : await keepLogs(world, seed) };
  } finally {
    await world.close();
  }
}

interface Rampage {
  readonly chance: Chance;
  readonly seed: number;
  readonly pool: readonly Fault[];
  readonly untilMs: number;
  readonly kills: Map<string, number>;
  readonly tell: (line: string) => void;
}

/** Resolves with what went wrong where a client or a fault could not go on: that breaks a law, too. */
async function rampage(world: ChaosWorld, rampage: Rampage): Promise<string[]> {
  const { untilMs, tell } = rampage;
  tell(`all are ready; ${clients} clients begin`);
  const { stop } = world.startLoad("client", rampage.seed, clients);
  const failures: string[] = [];
  try {
    await world.workOn(20);
    for (let round = 1; performance.now() < untilMs || round === 1; round += 1) {
      await playRound(world, rampage, round);
    }
  } catch (error) {
    failures.push(`a round could not be ended: ${String(error)}`);
    tell(failures[0] ?? "");
    await world.mend();
  }
  tell(`${world.answered.size} tasks were answered; the clients finish what they have begun`);
  await stop().catch((error: unknown) => failures.push(`a client could not go on: ${String(error)}`));
  return failures;
}

async function playRound(world: ChaosWorld, rampage: Rampage, round: number): Promise<void> {
  const { chance, pool, kills, tell } = rampage;
  const drawn = drawFaults(pool, chance);
  const names = drawn.map(({ name }) => name);
  const begunMs = performance.now();
  tell(`round ${round}: ${names.join(" and ")}`);
  const stale = await findStale(world);
  // Two faults at once may keep each other from being noticed in time.
  world.isInTime = drawn.length === 1;
  await world.disturbed(async () => {
    // Each at once, so that they overlap as it happens.
    const broken = drawn.map((fault) => breakAndMend(world, fault, chance));
    // Where the store forgets for good, what was over may be in force again, and is reported once more by whoever remembers it.
    if (!drawn.includes(replicaPromotedToHeir)) await sendStaleReports(world, stale);
    const ends = await Promise.allSettled(broken);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    await world.untilWell();
  });
  for (const name of names) kills.set(name, (kills.get(name) ?? 0) + 1);
  const seconds = ((performance.now() - begunMs) / 1000).toFixed(1);
  tell(`round ${round}: all is well again after ${seconds} s; ${world.answered.size} tasks so far`);
  await sendStaleReports(world, await findStale(world));
  await world.workOn(20);
}

async function breakAndMend(world: ChaosWorld, fault: Fault, chance: Chance): Promise<void> {
  const undo = await fault.befall(world, chance);
  await undo();
}

/** One, or two that may be there at the same time. */
function drawFaults(pool: readonly Fault[], chance: Chance): Fault[] {
  const first = pool[below(chance, pool.length)] as Fault;
  const others = pool.filter((other) => mayCoincide(first, other));
  const second = others[below(chance, others.length)];
  return chance() < 0.5 || second === undefined ? [first] : [first, second];
}

/** What all parts have logged, and what the scripts wrote down. */
async function keepLogs(world: ChaosWorld, seed: number): Promise<string> {
  const folder = join(tmpdir(), `berth-chaos-${seed}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const { parts, evidence } = world.stack;
  await Promise.all([
    ...parts.map((part) => {
      const lines = part.log.map((line) => JSON.stringify(line)).join("\n");
      return writeFile(join(folder, `${part.name}.log`), `${lines}\n${part.errorText}`);
    }),
    writeFile(join(folder, "runs.json"), JSON.stringify(evidence.runs(), null, 1)),
    writeFile(join(folder, "world.json"), JSON.stringify(recordOf(world), null, 1)),
    world.tasks().then((tasks) => writeFile(join(folder, "tasks.json"), JSON.stringify(tasks, null, 1))),
  ]);
  return folder;
}

function recordOf(world: ChaosWorld): object {
  const { disturbances, forgotten, forgettable, regrants, seenEnds } = world;
  const ends = Object.fromEntries(seenEnds);
  return { disturbances, forgotten, forgettable: [...forgettable], regrants, ends };
}
