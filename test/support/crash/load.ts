// Clients that enqueue through crashes: what is not answered is sent again, with the same key.
import { BerthClient, BerthRequestError } from "@berth/client";
import type { TaskRequestInput, TaskView } from "@berth/protocol";
import type { EvidenceFile } from "./evidence.ts";
import type { Lives } from "./lives.ts";

const mutexes = ["alpha", "beta", "gamma"];
const kinds = ["deploy", "job", "job", "health-check"] as const;
const burstMax = 5;
const beatsMax = 8;

type Chance = () => number;

export class Load {
  /** Requests that were answered, by the id of their task. */
  readonly answered: Map<string, TaskRequestInput> = new Map();
  /** How often a request got no answer. */
  unanswered = 0;
  readonly #lives: Lives;
  readonly #evidence: EvidenceFile;
  readonly #watchers: Set<() => void> = new Set();
  #isOver = false;

  constructor(lives: Lives, evidence: EvidenceFile) {
    this.#lives = lives;
    this.#evidence = evidence;
  }

  /** One client, until `stop`: some tasks at once, then it waits until the last of them is settled. */
  async client(name: string, chance: Chance): Promise<void> {
    for (let nth = 0; !this.#isOver; ) {
      let last = "";
      for (let more = below(chance, burstMax); more >= 0; more -= 1, nth += 1) {
        last = await this.enqueue(this.#request(`${name}-${nth}`, chance));
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
  settled(task: string): Promise<TaskView> {
    return this.insist((client, signal) => client.waitFor(task, { signal }));
  }

  /** Asks until there is an answer, in this life or in a later one. A refusal is one. */
  async insist<Answer>(call: (client: BerthClient, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const { url, over } = await this.#lives.current;
      try {
        return await call(new BerthClient({ url, retries: { attempts: 1 } }), over);
      } catch (error) {
        const isRefusal = error instanceof BerthRequestError && error.status !== null && error.status < 500;
        if (isRefusal) throw error;
        this.unanswered += 1;
      }
    }
  }

  /** Resolves with the id of the task. */
  async enqueue(request: TaskRequestInput): Promise<string> {
    const { id } = await this.insist((client) => client.enqueue(request));
    this.answered.set(id, request);
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const wake of watchers) wake();
    return id;
  }

  #request(key: string, chance: Chance): TaskRequestInput {
    const kind = kinds[below(chance, kinds.length)]!;
    const mutex = mutexes[below(chance, mutexes.length)]!;
    const text = this.#evidence.script(mutex, 1 + below(chance, beatsMax));
    // A name of its own, since equal health checks are one.
    return { kind, name: key, target: "local", mutex, script: { text }, idempotencyKey: key };
  }
}

function below(chance: Chance, bound: number): number {
  return Math.floor(chance() * bound);
}
