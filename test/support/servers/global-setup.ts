// Vitest calls this once, in its own process, before the first test file.
import type { TestProject } from "vitest/node";
import { startCoordinator } from "./coordinator.ts";

declare module "vitest" {
  interface ProvidedContext {
    serversUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const coordinator = await startCoordinator();
  project.provide("serversUrl", coordinator.url);
  return () => coordinator.close();
}
