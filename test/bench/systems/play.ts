import { loadSystem, type SystemName } from "./all.ts";
import { RoleProcess } from "./role-process.ts";
import type { RunRecord } from "./runs.ts";
import type { Scene } from "./system.ts";
import { type Verdict, verdictOn } from "./verdict.ts";

/** What one round of a system showed. */
export interface Play {
  readonly tasksPerSecond: number;
  /** How fast they were taken. */
  readonly sentPerSecond: number;
  readonly verdict: Verdict;
  readonly record: RunRecord;
  /** Of each process, without the servers. Tells on a busy machine what the speed does not. */
  readonly cpuMicrosPerTask: Readonly<Record<string, number>>;
}

/**
 * One round: all processes are started and connected, then the clock starts with the first task that is enqueued, and stops
 * when the system has written down that the last one is done.
 */
export async function play(name: SystemName, scene: Scene, profiles: string | null = null): Promise<Play> {
  const system = await loadSystem(name);
  const roles: RoleProcess[] = [];
  try {
    for (const role of [...Object.keys(system.others ?? {}), "sender", "worker"]) {
      roles.push(await RoleProcess.start({ system: name, role, scene, profiles }));
    }
    const [sender, worker] = roles.slice(-2) as [RoleProcess, RoleProcess];
    const [sent, settled] = await Promise.all([sender.ask("send"), worker.ask("settle")]);
    const cpu: [string, number][] = [];
    for (const role of roles.toReversed()) {
      const { cpuSeconds } = await role.ask("stop");
      cpu.push([role.role, (cpuSeconds * 1e6) / scene.tasks]);
    }
    return {
      tasksPerSecond: (scene.tasks * 1000) / (settled.settledAt - sent.startedAt),
      sentPerSecond: (scene.tasks * 1000) / (sent.sentAt - sent.startedAt),
      verdict: verdictOn(settled.record, scene.tasks),
      record: settled.record,
      cpuMicrosPerTask: Object.fromEntries(cpu),
    };
  } finally {
    for (const role of roles) role.kill();
    await system.clean(scene);
  }
}
