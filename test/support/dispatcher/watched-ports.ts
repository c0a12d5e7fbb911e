// The real broker and the real store, with a journal of what a dispatcher does with them, and a hand on its commits.
import type { Broker, IncomingMessage, OutgoingMessage, PublishOutcome } from "@berth/broker";
import type { Commit, CommitOutcome, StagedPart, StageOutcome, Store } from "@berth/store";
import { Arrivals } from "./arrivals.ts";

export type JournalEntry =
  | {
      readonly type: "took" | "acked" | "nacked" | "published";
      readonly queue: string;
      readonly text: string;
    }
  | { readonly type: "commit"; readonly commit: Commit }
  | { readonly type: "settled"; readonly commit: Commit };

/** What a dispatcher did, in its order. */
export class Journal extends Arrivals {
  readonly entries: JournalEntry[] = [];

  add(entry: JournalEntry): void {
    this.entries.push(entry);
    this.announce();
  }

  ofType<Type extends JournalEntry["type"]>(type: Type): Extract<JournalEntry, { type: Type }>[] {
    return this.entries.filter(
      (entry): entry is Extract<JournalEntry, { type: Type }> => entry.type === type,
    );
  }

  /** Commits that were asked for. */
  get commits(): Commit[] {
    return this.ofType("commit").map(({ commit }) => commit);
  }
}

/** What happens with a commit; `pass` hands it to the store. */
export type CommitRule = (commit: Commit, pass: () => Promise<CommitOutcome>) => Promise<CommitOutcome>;

/** What happens with a part that is staged; `pass` hands it to the store. */
export type StageRule = (part: StagedPart, pass: () => Promise<StageOutcome>) => Promise<StageOutcome>;

export interface WatchedStore {
  readonly store: Store;
  /** For all commits from now on. */
  rule: CommitRule;
  /** For all parts from now on. */
  stageRule: StageRule;
}

export function watchedStore(inner: Store, journal: Journal): WatchedStore {
  const watched: { store: Store; rule: CommitRule; stageRule: StageRule } = {
    rule: (_commit, pass) => pass(),
    stageRule: (_part, pass) => pass(),
    store: withOverrides(inner, {
      commit: async (commit) => {
        journal.add({ type: "commit", commit });
        try {
          return await watched.rule(commit, () => inner.commit(commit));
        } finally {
          journal.add({ type: "settled", commit });
        }
      },
      stage: (part) => watched.stageRule(part, () => inner.stage(part)),
    }),
  };
  return watched;
}

/** What happens with a message that is sent; `pass` hands it to the broker. */
export type PublishRule = (
  message: OutgoingMessage,
  pass: () => Promise<PublishOutcome>,
) => Promise<PublishOutcome>;

export interface BrokerRules {
  readonly onPublish: PublishRule;
  /** Sees each message before its consumer does. */
  readonly onTake: (message: IncomingMessage) => void;
  /** Sees each queue that is declared before the broker does. */
  readonly onDeclare: (queue: string) => void;
  /** Hears of whoever wants to know when messages may be lost. */
  readonly onListen: (listener: () => void) => void;
}

export function watchedBroker(inner: Broker, journal: Journal, rules: BrokerRules): Broker {
  return withOverrides(inner, {
    publish: (message) => {
      journal.add({ type: "published", queue: message.queue, text: message.body.toString() });
      return rules.onPublish(message, () => inner.publish(message));
    },
    declareQueue: async (name, options) => {
      rules.onDeclare(name);
      await inner.declareQueue(name, options);
    },
    onMessagesLost: (listener) => {
      rules.onListen(listener);
      return () => {};
    },
    consume: (queue, options, handler) =>
      inner.consume(queue, options, (message) => {
        const watched = watchedMessage(message, journal);
        journal.add({ type: "took", queue, text: message.body.toString() });
        rules.onTake(watched);
        handler(watched);
      }),
  });
}

function watchedMessage(message: IncomingMessage, journal: Journal): IncomingMessage {
  const { queue } = message;
  const text = message.body.toString();
  return withOverrides(message, {
    ack: () => {
      journal.add({ type: "acked", queue, text });
      message.ack();
    },
    nack: (requeue) => {
      journal.add({ type: "nacked", queue, text });
      message.nack(requeue);
    },
  });
}

/** The object with some of its methods replaced. */
export function withOverrides<Inner extends object>(inner: Inner, overrides: Partial<Inner>): Inner {
  return new Proxy(inner, {
    get: (target, key) => {
      if (Object.hasOwn(overrides, key)) return Reflect.get(overrides, key);
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Holds commits back until it is opened. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();
  readonly #reached = Promise.withResolvers<void>();
  readonly rule: CommitRule = async (_commit, pass) => {
    this.#reached.resolve();
    await this.#opened.promise;
    return pass();
  };

  /** Resolves when a commit stands before it. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  open(): void {
    this.#opened.resolve();
  }
}
