import type { System } from "./system.ts";

export type SystemName = keyof typeof systems;

/** Loaded when they are needed: a process of one system is not to pay for the libraries of the others. */
const systems = {
  berth: async (): Promise<System> => (await import("./berth/index.ts")).berth,
  groupmq: async (): Promise<System> => (await import("./groupmq.ts")).groupmq,
  bullmq: async (): Promise<System> => (await import("./bullmq.ts")).bullmq,
  graphile: async (): Promise<System> => (await import("./graphile.ts")).graphile,
  ceiling: async (): Promise<System> => (await import("./ceiling.ts")).ceiling,
  "berth-counted": async (): Promise<System> => (await import("./berth/index.ts")).countedBerth,
  "berth-many-tentacles": async (): Promise<System> => (await import("./berth/index.ts")).manyTentacles,
  "berth-guarded": async (): Promise<System> => (await import("./berth/index.ts")).guardedBerth,
};

/** Those that are compared with each other. */
export const peerNames: readonly SystemName[] = ["berth", "groupmq", "bullmq", "graphile", "ceiling"];

export function isSystemName(name: string): name is SystemName {
  return name in systems;
}

export function loadSystem(name: SystemName): Promise<System> {
  return systems[name]();
}
