// The SQLite store, as one that can go backwards: to a state that it had before, or to nothing.
import type { Store } from "@berth/store";
import { createSqliteStore } from "@berth/store/sqlite";

const writeNames = ["acquire", "renew", "release", "commit", "stage"] as const;
type WriteName = (typeof writeNames)[number];

interface Write {
  readonly name: WriteName;
  readonly parameters: readonly unknown[];
  readonly isCommit: boolean;
}

type Method = (...parameters: readonly unknown[]) => Promise<unknown>;

export class ForgetfulStore {
  /** Goes on while its content changes under it: whoever asks meanwhile waits. */
  readonly store: Store;
  #inner: Store = newStore();
  /** What was written, in its order: done again, it leads to the same state. */
  #writes: Write[] = [];
  #changing: Promise<void> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #methods = new Map<string, Method>();

  constructor() {
    this.store = new Proxy({} as Store, {
      get: (_target, name) => this.#methods.get(String(name)) ?? this.#method(String(name)),
    });
  }

  #method(name: string): Method {
    const method: Method = (...parameters) => {
      const answer =
        this.#changing === null ? this.#call(name, parameters) : this.#callLater(name, parameters);
      this.#underWay.add(answer);
      const forget = (): void => void this.#underWay.delete(answer);
      answer.then(forget, forget);
      return answer;
    };
    this.#methods.set(name, method);
    return method;
  }

  async #callLater(name: string, parameters: readonly unknown[]): Promise<unknown> {
    while (this.#changing !== null) await this.#changing;
    return await this.#call(name, parameters);
  }

  async #call(name: string, parameters: readonly unknown[]): Promise<unknown> {
    const method = Reflect.get(this.#inner, name) as Method;
    const answer = await method.apply(this.#inner, [...parameters]);
    if (isWrite(name)) {
      const isCommit = name === "commit" && (answer as { type: string }).type === "committed";
      this.#writes.push({ name, parameters, isCommit });
    }
    return answer;
  }

  /** Goes back to before the last so many commits: all that was written since then is gone. */
  async forget(commits: number): Promise<void> {
    await this.#change((writes) => {
      const places = writes.flatMap(({ isCommit }, place) => (isCommit ? [place] : []));
      return writes.slice(0, places.at(-commits) ?? 0);
    });
  }

  async forgetEverything(): Promise<void> {
    await this.#change(() => []);
  }

  /** Everything is there that was written by now, and what is written from now on can be taken back to here. */
  get written(): number {
    return this.#writes.length;
  }

  async forgetSince(written: number): Promise<void> {
    await this.#change((writes) => writes.slice(0, written));
  }

  async #change(keep: (writes: Write[]) => Write[]): Promise<void> {
    const changed = Promise.withResolvers<void>();
    const earlier = [...this.#underWay];
    this.#changing = changed.promise;
    await Promise.allSettled(earlier);
    await this.#inner.stop();
    const kept = keep(this.#writes);
    this.#inner = newStore();
    await this.#inner.start();
    this.#writes = [];
    for (const { name, parameters } of kept) await this.#call(name, parameters);
    this.#changing = null;
    changed.resolve();
  }
}

function newStore(): Store {
  return createSqliteStore({ path: ":memory:", durability: "memory" });
}

function isWrite(name: string): name is WriteName {
  return (writeNames as readonly string[]).includes(name);
}
