import type { PageView, SemaphoreView } from "@berth/protocol";
import type { CallOptions, SpaceCalls } from "./space-calls.ts";

/** How many tasks may do something at once. `task-cap` counts all tasks that take slots. */
export class Semaphores {
  readonly #calls: SpaceCalls;

  constructor(calls: SpaceCalls) {
    this.#calls = calls;
  }

  /** Those of the space, and those that somebody has set or a task names; with how full they are. */
  async list(options: CallOptions = {}): Promise<SemaphoreView[]> {
    const { items } = await this.#calls.get<PageView<SemaphoreView>>(["semaphores"], options);
    return items;
  }

  /** What runs goes on, also when there are more than `limit`; 0: nothing that needs it starts. */
  put(semaphore: string, limit: number, options: CallOptions = {}): Promise<SemaphoreView> {
    return this.#calls.put(["semaphores", semaphore], { ...options, body: { limit } });
  }

  /** As if nobody had ever set it. */
  async remove(semaphore: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.delete(["semaphores", semaphore], options);
  }
}
