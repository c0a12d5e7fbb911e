import type { BenchOptions, BenchResult } from "./benchmark.ts";
import { median, rounded, summaryOf } from "./figures.ts";
import { interleaved } from "./interleaved.ts";
import { runName } from "./round.ts";
import { serverUrls } from "./servers.ts";
import type { PortCounts } from "./systems/berth/counted-ports.ts";
import { contendersOf } from "./systems/contenders.ts";
import { Stage } from "./systems/stage.ts";

/** One tentacle for all of the targets, or one for each. */
const arrangements = { "one tentacle": "berth-counted", "a tentacle each": "berth-many-tentacles" } as const;
type Arrangement = keyof typeof arrangements;

const settleMs = 5000;
const watchedMs = 30_000;

interface Quiet {
  readonly perMinute: PortCounts;
  /** Of each process and server: the share of one core. */
  readonly cpuShare: Readonly<Record<string, number>>;
}

/** What targets cost on which nothing happens: sessions have heartbeats, and nobody else should have to say anything. */
export async function idle(options: BenchOptions): Promise<BenchResult> {
  const { versions } = await contendersOf(["berth"]);
  const { targets, rounds, seed, profiles } = options;
  const names = Object.keys(arrangements) as Arrangement[];
  const found = await interleaved<Arrangement, Quiet>(names, rounds, (name, round) => {
    const run = `${runName}-idle-${names.indexOf(name)}-${round}`;
    const scene = { run, targets, tasks: 0, warmUpTasks: 0, seed, urls: serverUrls };
    return Stage.with(arrangements[name], scene, profiles, watch);
  });
  const counts = (name: Arrangement, what: keyof PortCounts): number[] =>
    found[name].map(({ perMinute }) => perMinute[what]);
  const share = (name: Arrangement, part: string): number =>
    rounded(100 * median(found[name].map(({ cpuShare }) => cpuShare[part] ?? Number.NaN)), 1);
  return {
    title: `${targets} targets on which nothing happens`,
    rows: names.map((name) => ({
      targets: name,
      "messages/min": rounded(median(counts(name, "received")) + median(counts(name, "sent")), 0),
      "store operations/min": rounded(median(counts(name, "storeOperations")), 0),
      "CPU of the dispatcher, %": share(name, "dispatcher"),
      "of the tentacles, %": share(name, "worker"),
      "of RabbitMQ, %": share(name, "rabbitmq"),
    })),
    figures: {
      arrangements: Object.fromEntries(
        names.map((name) => [
          name,
          {
            messagesPerMinute: summaryOf(
              found[name].map(({ perMinute }) => perMinute.received + perMinute.sent),
              0,
            ),
            storeOperationsPerMinute: summaryOf(counts(name, "storeOperations"), 0),
            cpuShare: Object.fromEntries(
              Object.keys(found[name][0]?.cpuShare ?? {}).map((part) => [part, share(name, part) / 100]),
            ),
          },
        ]),
      ),
      targets,
      versions,
    },
  };
}

async function watch(stage: Stage): Promise<Quiet> {
  const counts = async (): Promise<PortCounts> =>
    (await stage.role("dispatcher").tell("counts")) as PortCounts;
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const meter = await stage.meterCpu();
  const before = await counts();
  await new Promise((resolve) => setTimeout(resolve, watchedMs));
  const after = await counts();
  const seconds = await meter.seconds();
  const perMinute = (what: keyof PortCounts): number => ((after[what] - before[what]) * 60_000) / watchedMs;
  return {
    perMinute: {
      received: perMinute("received"),
      sent: perMinute("sent"),
      storeOperations: perMinute("storeOperations"),
    },
    cpuShare: Object.fromEntries(
      Object.entries(seconds).map(([part, busy]) => [part, (busy * 1000) / watchedMs]),
    ),
  };
}
