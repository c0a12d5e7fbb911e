// A process with the whole of Berth on its embedded adapters, where on each target a task runs and others wait.
import { rmSync } from "node:fs";
import process from "node:process";
import { enqueueOn, startEmbedded } from "../embedded/stack.ts";
import { liveHeapBytes } from "../engine/live-heap.ts";
import { Visits } from "../engine/visits.ts";
import { Tally } from "../systems/tally.ts";
import type { GrowthBuilt, GrowthPlayed } from "./space-process.ts";

/** The only argument of the process, as JSON. */
export interface StackOptions {
  readonly targets: number;
  readonly waitingLegs: number;
  readonly legsPerRound: number;
  readonly seed: number;
}

const tasksPerRequest = 250;
const warmUpRounds = 3;

const options = JSON.parse(process.argv[2] ?? "") as StackOptions;
const targets = Array.from({ length: options.targets }, (_, index) => `target-${index}`);
const started = new Tally();
/** By target: ends what runs there. */
const ends = new Map<string, () => void>();
let startedTasks = 0;
let overlaps = 0;
const { client, folder } = await startEmbedded(targets, ({ target }) => {
  if (ends.has(target)) overlaps += 1;
  const { promise, resolve } = Promise.withResolvers<void>();
  ends.set(target, resolve);
  started.add();
  return promise;
});
await enqueue(targets);
startedTasks += targets.length;
await started.reached(startedTasks);
const bytesBefore = liveHeapBytes();
for (let left = options.waitingLegs; left > 0; left -= targets.length) await enqueue(targets.slice(0, left));
const bytes = liveHeapBytes() - bytesBefore;
const visits = new Visits(targets, options.seed);
for (let round = 0; round < warmUpRounds; round += 1) await play();

process.on("message", () => {
  void play().then((cpuSeconds) => {
    const cost = { legs: options.legsPerRound, cpuSeconds };
    answer({ type: "played", cost, overlaps, waitingLegs: options.waitingLegs });
  });
});
// Whoever asked has gone: what runs and waits here is not worth an orderly end.
process.on("disconnect", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
answer({ type: "built", bytes, loadSeconds: 0 });

/** On so many targets a task comes and another ends; resolves when the next ones have started, with the CPU of all threads. */
async function play(): Promise<number> {
  const cpuBefore = process.cpuUsage();
  const visited = visits.take(options.legsPerRound);
  await enqueue(visited);
  for (const target of visited) {
    const end = ends.get(target);
    ends.delete(target);
    end?.();
  }
  startedTasks += visited.length;
  await started.reached(startedTasks);
  const { user, system } = process.cpuUsage(cpuBefore);
  return (user + system) / 1e6;
}

async function enqueue(all: readonly string[]): Promise<void> {
  for (let first = 0; first < all.length; first += tasksPerRequest)
    await enqueueOn(client, all.slice(first, first + tasksPerRequest));
}

function answer(message: GrowthBuilt | GrowthPlayed): void {
  process.send?.(message);
}
