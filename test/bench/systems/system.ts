import type { Runs } from "./runs.ts";
import type { TaskData } from "./tasks.ts";

export interface ServerUrls {
  readonly amqp: string;
  readonly redis: string;
  readonly pg: string;
}

/** What a system is to do in one round. All of its processes are given the same. */
export interface Scene {
  /** Begins the name of all that this round makes on a server, so that it meets nobody and can be cleaned away. */
  readonly run: string;
  readonly targets: number;
  /** That are measured. */
  readonly tasks: number;
  /** That are done before, and not measured: a process that has just started compiles its hottest code while it runs it. */
  readonly warmUpTasks: number;
  /** Of the order in which targets are visited. */
  readonly seed: number;
  /** Of Berth's dispatcher; its own default where it is left out. */
  readonly ownerLeaseMs?: number;
  readonly urls: ServerUrls;
}

/** A part of a system, in a process of its own. */
export interface Role {
  /** For what only one system can do. */
  tell?(word: string): Promise<unknown>;
  stop(): Promise<void>;
}

export interface Sender extends Role {
  /** Enqueues these tasks. Resolves when the system has taken responsibility for each. */
  send(tasks: readonly TaskData[]): Promise<void>;
}

export interface Worker extends Role {
  /** Resolves when so many tasks have run, and the system knows and has written down that they have. */
  settled(tasks: number): Promise<void>;
}

/**
 * Something that runs tasks one at a time per target. Each has one process that enqueues and one that works; some need
 * others besides. Each is set up in the way that its own documentation calls the fast one.
 */
export interface System {
  readonly servers: readonly (keyof ServerUrls)[];
  /** Libraries whose versions belong to what was measured. */
  readonly libraries: readonly string[];
  /** In the order in which they start, before the sender. */
  readonly others?: Readonly<Record<string, (scene: Scene) => Promise<Role>>>;
  /** Started before the worker. What must be there before a task can be enqueued is made here. */
  sender(scene: Scene): Promise<Sender>;
  /** Resolves when it waits for work. */
  worker(scene: Scene, runs: Runs): Promise<Worker>;
  /** Removes all that the round left on the servers, when its processes have ended. */
  clean(scene: Scene): Promise<void>;
}
