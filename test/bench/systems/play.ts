import { loadSystem, type SystemName } from "./all.ts";
import { CpuMeter } from "./cpu-meter.ts";
import { RoleProcess } from "./role-process.ts";
import type { RunRecord } from "./runs.ts";
import type { Scene } from "./system.ts";
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
export async function play(name: SystemName, scene: Scene, profiles: string | null = null): Promise<Play> {
  const system = await loadSystem(name);
  const roles: RoleProcess[] = [];
  try {
    for (const role of [...Object.keys(system.others ?? {}), "sender", "worker"]) {
      roles.push(await RoleProcess.start({ system: name, role, scene, profiles }));
    }
    const [sender, worker] = roles.slice(-2) as [RoleProcess, RoleProcess];
    const { tasks, warmUpTasks } = scene;
    await doTasks(sender, worker, 0, warmUpTasks);
    const meter = await CpuMeter.start(system, scene.urls, roles);
    const { sent, settled } = await doTasks(sender, worker, warmUpTasks, warmUpTasks + tasks);
    const cpuSeconds = await meter.seconds();
    for (const role of roles.toReversed()) await role.ask({ type: "stop" });
    return {
      tasksPerSecond: (tasks * 1000) / (settled.settledAt - sent.startedAt),
      sentPerSecond: (tasks * 1000) / (sent.sentAt - sent.startedAt),
      verdict: verdictOn(settled.record, warmUpTasks + tasks),
      record: withoutTasksBelow(warmUpTasks, settled.record),
      cpuMicrosPerTask: Object.fromEntries(
        Object.entries(cpuSeconds).map(([part, seconds]) => [part, (seconds * 1e6) / tasks]),
      ),
    };
  } finally {
    for (const role of roles) role.kill();
    await system.clean(scene);
  }
}

async function doTasks(sender: RoleProcess, worker: RoleProcess, from: number, to: number) {
  const [sent, settled] = await Promise.all([
    sender.ask({ type: "send", from, to }),
    worker.ask({ type: "settle", tasks: to }),
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
