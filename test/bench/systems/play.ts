import type { SystemName } from "./all.ts";
import type { RoleProcess } from "./role-process.ts";
import type { Answers } from "./role-program.ts";
import type { RunRecord } from "./runs.ts";
import { Stage } from "./stage.ts";
import type { Scene } from "./system.ts";
import { type TaskData, tasksOf } from "./tasks.ts";
import { type Verdict, verdictOn } from "./verdict.ts";

/** What one round of a system showed. */
export interface Play {
  readonly tasksPerSecond: number;
  /** How fast they were taken. */
  readonly sentPerSecond: number;
  /** On the warm-up, too. */
  readonly verdict: Verdict;
  /** Without the warm-up. */
  readonly record: RunRecord;
  /** Of each process, and of RabbitMQ and Redis where that can be told. Says on a busy machine what the speed does not. */
  readonly cpuMicrosPerTask: Readonly<Record<string, number>>;
}

/**
 * One round: all processes are started and connected and have done some tasks, then the clock starts with the first task that
 * is enqueued, and stops when the system has written down that the last one is done.
 */
export async function play(
  name: SystemName,
  scene: Scene,
  profiles: string | null = null,
  tasksFor: (scene: Scene) => TaskData[] = tasksOf,
): Promise<Play> {
  return await Stage.with(name, scene, profiles, async (stage) => {
    const { sender, worker } = stage;
    const { tasks, warmUpTasks } = scene;
    const all = tasksFor(scene);
    await doTasks(sender, worker, all.slice(0, warmUpTasks), warmUpTasks);
    const meter = await stage.meterCpu();
    const { sent, settled } = await doTasks(sender, worker, all.slice(warmUpTasks), all.length);
    const cpuSeconds = await meter.seconds();
    const record = await worker.ask({ type: "record" });
    return {
      tasksPerSecond: (tasks * 1000) / (settled.settledAt - sent.startedAt),
      sentPerSecond: (tasks * 1000) / (sent.sentAt - sent.startedAt),
      verdict: verdictOn(record, warmUpTasks + tasks),
      record: withoutTasksBelow(warmUpTasks, record),
      cpuMicrosPerTask: Object.fromEntries(
        Object.entries(cpuSeconds).map(([part, seconds]) => [part, (seconds * 1e6) / tasks]),
      ),
    };
  });
}

/** `upTo`: how many there are then, with those before. */
async function doTasks(
  sender: RoleProcess,
  worker: RoleProcess,
  tasks: readonly TaskData[],
  upTo: number,
): Promise<{ sent: Answers["send"]; settled: Answers["settle"] }> {
  const [sent, settled] = await Promise.all([
    sender.ask({ type: "send", tasks }),
    worker.ask({ type: "settle", tasks: upTo }),
  ]);
  return { sent, settled };
}

function withoutTasksBelow(least: number, record: RunRecord): RunRecord {
  const isKept = (_: number, index: number): boolean => (record.tasks[index] ?? 0) >= least;
  return {
    tasks: record.tasks.filter(isKept),
    targets: record.targets.filter(isKept),
    from: record.from.filter(isKept),
    until: record.until.filter(isKept),
  };
}
