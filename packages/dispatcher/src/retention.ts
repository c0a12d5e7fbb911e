import type { Store } from "@berth/store";
import type { Logger } from "pino";
import type { RetentionSettings } from "./settings.ts";
import type { Cancel, Timing } from "./timing.ts";

/** Few enough that a commit never waits long behind them. */
const tasksPerStep = 500;

/** Deletes what is old or too much, now and then, in small steps. */
export class Retention {
  readonly #store: Store;
  readonly #space: string;
  readonly #settings: RetentionSettings;
  readonly #timing: Timing;
  readonly #logger: Logger;
  #cancel: Cancel | null = null;
  #pass: Promise<void> | null = null;
  #isStopped = false;

  constructor(store: Store, space: string, settings: RetentionSettings, timing: Timing, logger: Logger) {
    this.#store = store;
    this.#space = space;
    this.#settings = settings;
    this.#timing = timing;
    this.#logger = logger;
  }

  /** Idempotent. */
  start(): void {
    this.#cancel ??= this.#timing.every(this.#settings.everyMs, () => {
      this.#pass ??= this.#prune().finally(() => {
        this.#pass = null;
      });
    });
  }

  /** Idempotent. Resolves when no step is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#pass;
  }

  async #prune(): Promise<void> {
    const { keepMs, endedTasksMax } = this.#settings;
    const rule = { before: this.#timing.now() - keepMs, endedTasksMax, limit: tasksPerStep };
    let tasks = 0;
    let oops = 0;
    try {
      for (let isDone = false; !isDone && !this.#isStopped; ) {
        const pruned = await this.#store.prune(this.#space, rule);
        tasks += pruned.tasks;
        oops += pruned.oops;
        isDone = pruned.tasks === 0 && pruned.oops === 0;
      }
      if (tasks + oops > 0) this.#logger.info({ tasks, oops }, "old tasks and OOPS were deleted");
    } catch (error) {
      this.#logger.error({ err: error }, "old tasks and OOPS could not be deleted; it is tried again");
    }
  }
}
