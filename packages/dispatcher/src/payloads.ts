import type { Store } from "@berth/store";
import type { Patience } from "./patience.ts";

const tasksPerRead = 200;

/**
 * Payloads of live tasks, as JSON text. The engine never sees them. They are kept in memory until their tasks
 * end, within a limit, those that were enqueued last before all others: so they need not be read again, and a store that
 * loses them gets them back. The others are read from the store when they are granted.
 */
export class Payloads {
  readonly #store: Store;
  readonly #space: string;
  readonly #patience: Patience;
  readonly #bytesMax: number;
  /** In the order in which they were kept, so that the oldest make room. */
  readonly #kept = new Map<string, string>();
  #bytes = 0;

  constructor(store: Store, space: string, patience: Patience, bytesMax: number) {
    this.#store = store;
    this.#space = space;
    this.#patience = patience;
    this.#bytesMax = bytesMax;
  }

  keep(task: string, payload: string): void {
    this.forget(task);
    this.#kept.set(task, payload);
    this.#bytes += payload.length;
    if (this.#bytes > this.#bytesMax) this.#makeRoom();
  }

  /** Reads payloads of tasks that were enqueued before, as many as there is room for. */
  async fill(tasks: readonly string[], isWanted: (task: string) => boolean): Promise<void> {
    for (let from = 0; from < tasks.length && this.#bytes < this.#bytesMax; from += tasksPerRead) {
      const missing = tasks
        .slice(from, from + tasksPerRead)
        .filter((task) => isWanted(task) && !this.#kept.has(task));
      if (missing.length === 0) continue;
      const stored = await this.#patience.ask(() => this.#store.payloads(this.#space, missing));
      for (const [task, payload] of stored) if (isWanted(task)) this.keep(task, payload);
    }
  }

  #makeRoom(): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.forget(oldest);
    }
  }

  /** What is in memory of it. */
  kept(task: string): string | undefined {
    return this.#kept.get(task);
  }

  forget(task: string): void {
    const payload = this.#kept.get(task);
    if (payload === undefined) return;
    this.#kept.delete(task);
    this.#bytes -= payload.length;
  }

  /** Of the given tasks, by id. The commit that stored them must be done. */
  async of(tasks: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const missing: string[] = [];
    for (const task of tasks) {
      const payload = this.#kept.get(task);
      if (payload === undefined) missing.push(task);
      else found.set(task, payload);
    }
    if (missing.length === 0) return found;
    const stored = await this.#patience.ask(() => this.#store.payloads(this.#space, missing));
    for (const [task, payload] of stored) found.set(task, payload);
    return found;
  }
}
