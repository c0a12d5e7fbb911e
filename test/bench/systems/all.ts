import type { System } from "./system.ts";

export type SystemName = keyof typeof systems;

/** Loaded when they are needed: a process of one system is not to pay for the libraries of the others. */
const systems = {
  berth: async (): Promise<System> => (await import("./berth/index.ts")).berth,
  groupmq: async (): Promise<System> => (await import("./groupmq.ts")).groupmq,
  bullmq: async (): Promise<System> => (await import("./bullmq.ts")).bullmq,
  graphile: async (): Promise<System> => (await import("./graphile.ts")).graphile,
  ceiling: async (): Promise<System> => (await import("./ceiling.ts")).ceiling,
};

export const systemNames: readonly SystemName[] = Object.keys(systems) as SystemName[];

export function isSystemName(name: string): name is SystemName {
  return name in systems;
}

export function loadSystem(name: SystemName): Promise<System> {
  return systems[name]();
}
