// Vitest calls this in its own process, for each project that has files to run, before the first of them.
import type { TestProject } from "vitest/node";
import { type Coordinator, startCoordinator } from "./coordinator.ts";

declare module "vitest" {
  interface ProvidedContext {
    serversUrl: string;
  }
}

interface Running {
  readonly coordinator: Promise<Coordinator>;
  /** Projects that are not over. */
  users: number;
}

/** One for all projects, although each may load this module anew. */
const place = globalThis as { [key: symbol]: Running | undefined };
const key = Symbol.for("berth.test.servers");

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const running = place[key] ?? { coordinator: startCoordinator(), users: 0 };
  place[key] = running;
  running.users += 1;
  const coordinator = await running.coordinator;
  project.provide("serversUrl", coordinator.url);
  return async () => {
    running.users -= 1;
    if (running.users > 0) return;
    delete place[key];
    await coordinator.close();
  };
}
