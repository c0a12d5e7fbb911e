import { loadSystem, type SystemName } from "./all.ts";
import { CpuMeter } from "./cpu-meter.ts";
import { RoleProcess } from "./role-process.ts";
import type { Scene, System } from "./system.ts";

/** The processes of a system while something is done with them that is no plain round. */
export class Stage {
  readonly scene: Scene;
  readonly #system: System;
  readonly #roles: readonly RoleProcess[];

  private constructor(scene: Scene, system: System, roles: readonly RoleProcess[]) {
    this.scene = scene;
    this.#system = system;
    this.#roles = roles;
  }

  /** Resolves with what `act` does. Whatever it does, all processes end after it and the servers are cleaned. */
  static async with<Found>(
    name: SystemName,
    scene: Scene,
    profiles: string | null,
    act: (stage: Stage) => Promise<Found>,
  ): Promise<Found> {
    const system = await loadSystem(name);
    const roles: RoleProcess[] = [];
    try {
      for (const role of [...Object.keys(system.others ?? {}), "sender", "worker"])
        roles.push(await RoleProcess.start({ system: name, role, scene, profiles }));
      const found = await act(new Stage(scene, system, roles));
      for (const role of roles.toReversed()) if (role.isAlive) await role.stop();
      return found;
    } finally {
      for (const role of roles) role.kill();
      await system.clean(scene);
    }
  }

  get sender(): RoleProcess {
    return this.role("sender");
  }

  get worker(): RoleProcess {
    return this.role("worker");
  }

  role(name: string): RoleProcess {
    const role = this.#roles.find((one) => one.role === name);
    if (role === undefined) throw new Error(`there is no role "${name}"`);
    return role;
  }

  meterCpu(): Promise<CpuMeter> {
    return CpuMeter.start(this.#system, this.#roles);
  }
}
