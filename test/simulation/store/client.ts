import { type Store, StoreError } from "@berth/store";
import { Link } from "../world/link.ts";
import type { Machine } from "../world/machine.ts";
import { prune, queryOops, queryTasks, readLog } from "./queries.ts";
import type { StoreServer } from "./server.ts";
import { byCodePoints, storedTask } from "./space.ts";

/** What goes wrong between a client and the store, drawn for each request. */
export interface StoreWeather {
  /** How long one way takes; ms. */
  delayMs(): number;
  /** `lost`: the store never hears of it. `unanswered`: it does what it was asked, and its answer is lost. */
  fate(request: string): "answered" | "lost" | "unanswered";
}

export const fairWeather: StoreWeather = { delayMs: () => 0, fate: () => "answered" };

/** The store as one process sees it: each request and each answer is an event of its own. */
export class SimulatedStore implements Store {
  readonly #machine: Machine;
  readonly #server: StoreServer;
  readonly #weather: StoreWeather;
  readonly #up: Link;
  readonly #down: Link;
  readonly #open = new Set<Promise<unknown>>();
  #state: "new" | "started" | "stopped" = "new";

  constructor(machine: Machine, server: StoreServer, weather: StoreWeather) {
    this.#machine = machine;
    this.#server = server;
    this.#weather = weather;
    const delayMs = (): number => weather.delayMs();
    this.#up = new Link(machine.scheduler, "to store", delayMs);
    this.#down = new Link(machine.scheduler, "from store", delayMs);
  }

  async start(): Promise<void> {
    if (this.#state === "new") this.#state = "started";
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    await Promise.allSettled(this.#open);
  }

  acquire: Store["acquire"] = (request) => this.#ask("acquire", () => this.#server.acquire(request));
  renew: Store["renew"] = (request) => this.#ask("renew", () => this.#server.renew(request));
  release: Store["release"] = (request) => this.#ask("release", () => this.#server.release(request));
  commit: Store["commit"] = (commit) => this.#ask("commit", () => this.#server.commit(commit));
  history: Store["history"] = (space) => this.#ask("history", () => this.#server.history(space));
  stage: Store["stage"] = (part) => this.#ask("stage", () => this.#server.stage(part));
  load: Store["load"] = (space) => this.#ask("load", () => this.#server.records(space).live());
  spaces: Store["spaces"] = () => this.#ask("spaces", () => this.#server.names().sort(byCodePoints));

  task: Store["task"] = (space, id) =>
    this.#ask("task", () => {
      const entry = this.#server.records(space).tasks.get(id);
      return entry === undefined ? null : storedTask(entry);
    });

  tasks: Store["tasks"] = (space, query) =>
    this.#ask("tasks", () => queryTasks(this.#server.records(space), query));

  taskCounts: Store["taskCounts"] = (space) =>
    this.#ask("taskCounts", () => {
      const entries = [...this.#server.records(space).tasks.values()];
      const byState = Map.groupBy(entries, ({ task }) => task.status.state);
      return Object.fromEntries([...byState].map(([state, list]) => [state, list.length]));
    });

  payloads: Store["payloads"] = (space, ids) =>
    this.#ask("payloads", () => {
      const { tasks } = this.#server.records(space);
      return new Map(
        ids.flatMap((id) => {
          const payload = tasks.get(id)?.payload ?? null;
          return payload === null ? [] : [[id, payload] as const];
        }),
      );
    });

  digests: Store["digests"] = (space, ids) =>
    this.#ask("digests", () => {
      const { tasks } = this.#server.records(space);
      return new Map(
        ids.flatMap((id) => {
          const task = tasks.get(id)?.task;
          return task === undefined ? [] : [[id, { digest: task.digest, state: task.status.state }] as const];
        }),
      );
    });

  log: Store["log"] = (space, task, query) =>
    this.#ask("log", () => readLog(this.#server.records(space), task, query));

  oops: Store["oops"] = (space, query) =>
    this.#ask("oops", () => queryOops(this.#server.records(space), query));

  targets: Store["targets"] = (space) =>
    this.#ask("targets", () => [...this.#server.records(space).live().targets]);

  sessions: Store["sessions"] = (space) =>
    this.#ask("sessions", () => [...this.#server.records(space).items.session.values()]);

  holds: Store["holds"] = (space) =>
    this.#ask("holds", () => [...this.#server.records(space).items.hold.values()]);

  quarantines: Store["quarantines"] = (space) =>
    this.#ask("quarantines", () => [...this.#server.records(space).items.quarantine.values()]);

  semaphores: Store["semaphores"] = (space) =>
    this.#ask("semaphores", () => [...this.#server.records(space).live().semaphores]);

  schedules: Store["schedules"] = (space) =>
    this.#ask("schedules", () => [...this.#server.records(space).live().schedules]);

  prune: Store["prune"] = (space, rule) => this.#ask("prune", () => prune(this.#server.records(space), rule));

  #ask<Answer>(request: string, work: () => Answer): Promise<Answer> {
    if (this.#state !== "started") return Promise.reject(unreachable("it was not started, or is stopped"));
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#open.add(promise);
    const forget = (): void => void this.#open.delete(promise);
    promise.then(forget, forget);
    const fate = this.#weather.fate(request);
    const answer = (settle: () => void): void => this.#down.send(() => this.#machine.enter(settle));
    this.#up.send(() => {
      if (fate === "lost") {
        answer(() => reject(unreachable(`the ${request} never reached it`)));
        return;
      }
      try {
        const result = work();
        if (fate === "answered") answer(() => resolve(result));
        else answer(() => reject(unreachable(`the answer to the ${request} was lost`)));
      } catch (error) {
        answer(() => reject(error as Error));
      }
    });
    return promise;
  }
}

function unreachable(what: string): StoreError {
  return new StoreError("store_unreachable", `the store cannot be reached: ${what}`);
}
