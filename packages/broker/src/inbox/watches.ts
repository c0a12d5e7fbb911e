import { clearInterval, setInterval } from "node:timers";
import type { InboxItemOf, ReplyBody, TaskNotice } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";

export type WatchListener = (notice: TaskNotice) => void;

interface WatchesSetup {
  readonly watchMs: number;
  readonly clock: () => number;
  readonly request: (space: string, items: readonly InboxItemOf<"watch">[]) => Promise<ReplyBody[]>;
  readonly warn: (error: unknown, message: string) => void;
}

interface Watch {
  readonly space: string;
  readonly task: string;
  readonly listeners: Set<WatchListener>;
}

/**
 * Tasks that somebody here wants to hear of. The owner of a space forgets a watch when its time is over, and all of
 * them when another owner takes over: so each is renewed three times in its life.
 */
export class Watches {
  readonly #setup: WatchesSetup;
  /** A notice names its task and not its space. */
  readonly #byTask: Map<string, Watch[]> = new Map();
  #renewal: NodeJS.Timeout | null = null;

  constructor(setup: WatchesSetup) {
    this.#setup = setup;
  }

  add(space: string, task: string, listener: WatchListener): () => void {
    const watch = this.#watchOf(space, task);
    // The same function may listen twice, and each time stop by itself.
    const own: WatchListener = (notice) => listener(notice);
    watch.listeners.add(own);
    void this.#renew(space, [watch]);
    this.#renewal ??= setInterval(this.#renewAll, this.#setup.watchMs / 3).unref();
    return () => {
      if (watch.listeners.delete(own) && watch.listeners.size === 0) this.#remove(watch);
    };
  }

  pass(notice: TaskNotice): void {
    for (const watch of this.#byTask.get(notice.task) ?? []) this.#tell(watch, notice);
  }

  stop(): void {
    if (this.#renewal !== null) clearInterval(this.#renewal);
    this.#renewal = null;
    this.#byTask.clear();
  }

  #watchOf(space: string, task: string): Watch {
    const watches = this.#byTask.get(task) ?? [];
    const known = watches.find((each) => each.space === space);
    if (known !== undefined) return known;
    const watch: Watch = { space, task, listeners: new Set() };
    this.#byTask.set(task, [...watches, watch]);
    return watch;
  }

  #remove(watch: Watch): void {
    const rest = (this.#byTask.get(watch.task) ?? []).filter((each) => each !== watch);
    if (rest.length > 0) this.#byTask.set(watch.task, rest);
    else this.#byTask.delete(watch.task);
    if (this.#byTask.size === 0) this.stop();
  }

  readonly #renewAll = (): void => {
    const bySpace = Map.groupBy([...this.#byTask.values()].flat(), ({ space }) => space);
    for (const [space, watches] of bySpace) void this.#renew(space, watches);
  };

  async #renew(space: string, watches: readonly Watch[]): Promise<void> {
    const until = this.#setup.clock() + this.#setup.watchMs;
    const items = watches.map(({ task }) => ({ type: "watch" as const, id: newItemId(), task, until }));
    try {
      await this.#setup.request(space, items);
    } catch (error) {
      this.#setup.warn(error, "a watch could not be renewed; it is tried again");
      return;
    }
    // What changed before the watch began, or while an owner was replaced, was told to nobody.
    for (const watch of watches) this.#tell(watch, { task: watch.task, state: null, log: true });
  }

  #tell(watch: Watch, notice: TaskNotice): void {
    for (const listener of watch.listeners) {
      try {
        listener(notice);
      } catch (error) {
        this.#setup.warn(error, "a listener of a watch threw");
      }
    }
  }
}
