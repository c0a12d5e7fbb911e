import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function createFolder(purpose: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `berth-${purpose}-`));
}

/** Also where the guard of a tentacle that was killed is about to leave its proof there. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
}
