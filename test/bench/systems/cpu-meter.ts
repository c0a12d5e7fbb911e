import { ServerCpu } from "../server-cpu.ts";
import { serverUrls } from "../servers.ts";
import type { RoleProcess } from "./role-process.ts";
import type { System } from "./system.ts";

interface Meter {
  readonly part: string;
  readonly seconds: () => Promise<number>;
}

/** PostgreSQL is many processes, so it is not among them. */
const servers = [
  ["amqp", "rabbitmq", 5672],
  ["redis", "redis", 6379],
] as const;

/** What the processes of a system, and the servers that it uses, take of the CPU from now on. */
export class CpuMeter {
  readonly #started: readonly { readonly meter: Meter; readonly before: number }[];

  private constructor(started: readonly { meter: Meter; before: number }[]) {
    this.#started = started;
  }

  static async start(system: System, roles: readonly RoleProcess[]): Promise<CpuMeter> {
    const meters = roles.map((role): Meter => {
      const seconds = async (): Promise<number> => (await role.ask({ type: "cpu" })).cpuSeconds;
      return { part: role.role, seconds };
    });
    for (const [server, part, port] of servers) {
      const cpu = system.servers.includes(server) ? await ServerCpu.at(serverUrls[server], port) : null;
      if (cpu !== null) meters.push({ part, seconds: () => cpu.seconds() });
    }
    return new CpuMeter(
      await Promise.all(meters.map(async (meter) => ({ meter, before: await meter.seconds() }))),
    );
  }

  /** By part, since the start. */
  async seconds(): Promise<Record<string, number>> {
    const now = this.#started.map(
      async ({ meter, before }): Promise<[string, number]> => [meter.part, (await meter.seconds()) - before],
    );
    return Object.fromEntries(await Promise.all(now));
  }
}
