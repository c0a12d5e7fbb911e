// Clients that enqueue through crashes: what is not answered is sent again, with the same key.
import type { BerthClient } from "@berth/client";
import type { TaskRequestInput, TaskState, TaskView } from "@berth/protocol";

/** A server that goes and comes back. */
export interface Insistent {
  /** Asks until there is an answer. A refusal is one. */
  insist<Answer>(call: (client: BerthClient, signal: AbortSignal) => Promise<Answer>): Promise<Answer>;
  /** How often there was none. */
  readonly unanswered: number;
}

export type Chance = () => number;

/** What clients do. */
export interface Play {
  /** The same for the same key. */
  readonly request: (key: string, chance: Chance) => TaskRequestInput;
  /** What a client does with a task that was answered, besides waiting for the last one of each burst. */
  readonly afterwards?: (task: string, chance: Chance) => Promise<void>;
  /** How many a client enqueues at once, at most. */
  readonly burstMax: number;
}

export class Load {
  /** Requests that were answered, by the id of their task. */
  readonly answered: Map<string, TaskRequestInput> = new Map();
  /** How tasks had ended when a client first heard of it, by their ids. */
  readonly ends: Map<string, { readonly state: TaskState; readonly endedAt: number }> = new Map();
  readonly #server: Insistent;
  readonly #play: Play;
  readonly #watchers: Set<() => void> = new Set();
  #isOver = false;

  constructor(server: Insistent, play: Play) {
    this.#server = server;
    this.#play = play;
  }

  /** One client, until `stop`: some tasks at once, then it waits until the last of them is settled. */
  async client(name: string, chance: Chance): Promise<void> {
    const { request, afterwards, burstMax } = this.#play;
    for (let nth = 0; !this.#isOver; ) {
      let last = "";
      for (let more = below(chance, burstMax); more >= 0; more -= 1, nth += 1) {
        last = await this.enqueue(request(`${name}-${nth}`, chance));
        await afterwards?.(last, chance);
      }
      await this.settled(last);
    }
  }

  /** Clients finish what they have begun. */
  stop(): void {
    this.#isOver = true;
  }

  /** Resolves when so many tasks were answered in all. */
  async untilAnswered(count: number): Promise<void> {
    while (this.answered.size < count) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Resolves with the task when it has ended or is parked. */
  async settled(task: string): Promise<TaskView> {
    const view = await this.#server.insist((client, signal) => client.waitFor(task, { signal }));
    this.saw(view);
    return view;
  }

  /** Remembers how it ended, if it has. */
  saw({ id, state, endedAt }: TaskView): void {
    if (endedAt !== null && !this.ends.has(id)) this.ends.set(id, { state, endedAt: Date.parse(endedAt) });
  }

  /** Resolves with the id of the task. */
  async enqueue(request: TaskRequestInput): Promise<string> {
    const { id } = await this.#server.insist((client) => client.enqueue(request));
    this.answered.set(id, request);
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const wake of watchers) wake();
    return id;
  }
}

/** A whole number from 0 on, less than `bound`. */
export function below(chance: Chance, bound: number): number {
  return Math.floor(chance() * bound);
}
