import type { Standing } from "@berth/engine";
import type { InboxItem, Topology } from "@berth/protocol";
import type { Entry, Opened, Unreadable } from "../inbox.ts";
import { isOwnSession, type Knowledge, objectionTo } from "./objection.ts";
import { usersOf } from "./owners.ts";
import { RefusalCounts } from "./refusal-counts.ts";

export interface GatekeeperSetup {
  readonly topology: Topology;
  readonly space: string;
  readonly standing: Standing;
  /** These may say anything; `null`: the broker vouches for nobody, and everybody may. */
  readonly serverUsers: readonly string[] | null;
}

/** An item that its sender may not send. */
export interface RefusedEntry {
  readonly item: InboxItem;
  readonly sender: string | null;
  readonly objection: string;
  /** The queue of its answers, where that is one of the sender's own. */
  readonly replyTo: string | null;
  /** How many items of this sender were refused lately, with this one. */
  readonly count: number;
}

export interface Passed {
  readonly opened: readonly Opened[];
  /** Those to tell of. */
  readonly refused: readonly RefusedEntry[];
}

/** Lets through what its sender may say. Whatever is refused changes nothing: the engine never sees it. */
export class Gatekeeper {
  readonly #setup: GatekeeperSetup;
  readonly #serverUsers: ReadonlySet<string | null>;
  readonly #counts = new RefusalCounts();

  constructor(setup: GatekeeperSetup) {
    this.#setup = setup;
    this.#serverUsers = new Set(setup.serverUsers);
  }

  /** The user whose session it is that opens one; `null`: it is trusted, and may serve whatever it names. */
  openerOf(sender: string | null): string | null {
    return this.#setup.serverUsers === null || this.#serverUsers.has(sender) ? null : sender;
  }

  /** What comes in together is looked at in its order, each as if what was let through before it were done. */
  pass(opened: readonly Opened[], at: number): Passed {
    if (this.#setup.serverUsers === null) return { opened, refused: [] };
    const knowledge = new BatchKnowledge(this.#setup);
    const refused: RefusedEntry[] = [];
    const passed = opened.map((each) => {
      if (each.isDeadLetter || this.#serverUsers.has(each.sender)) {
        for (const { item } of each.entries) knowledge.learn(item, null);
        return each;
      }
      return this.#sift(each, at, knowledge, refused);
    });
    return { opened: passed, refused };
  }

  #sift(opened: Opened, at: number, knowledge: BatchKnowledge, refused: RefusedEntry[]): Opened {
    const { sender } = opened;
    const entries: Entry[] = [];
    for (const entry of opened.entries) {
      const { item } = entry;
      const objection = this.#objectionTo(entry, sender, knowledge);
      if (objection === null) {
        entries.push(entry);
        knowledge.learn(item, sender);
        continue;
      }
      const count = this.#counts.count(sender, at);
      const replyTo = this.#ownQueue(entry.replyTo, sender, knowledge);
      if (count !== null) refused.push({ item, sender, objection, replyTo, count });
    }
    const unreadable: Unreadable[] = [];
    for (const each of opened.unreadable) {
      const replyTo = this.#ownQueue(each.replyTo, sender, knowledge);
      if (this.#counts.count(sender, at) !== null) unreadable.push({ ...each, replyTo });
    }
    return { ...opened, entries, unreadable, repeatedBy: null };
  }

  #objectionTo(entry: Entry, sender: string | null, knowledge: BatchKnowledge): string | null {
    if (sender === null) return "the broker does not vouch for whoever sent it";
    if (entry.isRepeated) return "only the server repeats what was carried out before";
    if (entry.replyTo !== this.#ownQueue(entry.replyTo, sender, knowledge))
      return `answers to ${entry.replyTo} are not for it`;
    return objectionTo(entry.item, sender, knowledge);
  }

  /** A sender may have answers only where it reads itself: else it could have the server write to the queues of others. */
  #ownQueue(queue: string | null, sender: string | null, knowledge: BatchKnowledge): string | null {
    const { topology, space } = this.#setup;
    const session = queue === null ? null : topology.sessionOf(space, queue);
    if (session === null || sender === null) return null;
    return isOwnSession(session, sender, knowledge) ? queue : null;
  }
}

/** What is known of the space, with what the batch has changed up to an item. */
class BatchKnowledge implements Knowledge {
  readonly #setup: GatekeeperSetup;
  readonly #openers = new Map<string, string | null>();
  readonly #users = new Map<string, readonly string[]>();

  constructor(setup: GatekeeperSetup) {
    this.#setup = setup;
  }

  /** It was let through. */
  learn(item: InboxItem, sender: string | null): void {
    if (item.type === "target.put") this.#users.set(item.target, item.users ?? []);
    if (item.type === "session.open" && this.openerOf(item.session) === undefined)
      this.#openers.set(item.session, sender);
  }

  openerOf(session: string): string | null | undefined {
    const opener = this.#setup.standing.openerOf(session);
    return opener === undefined ? this.#openers.get(session) : opener;
  }

  /** Users that have the name of a tentacle are of that one; what others are called is for whoever made them. */
  mayBeCalled(user: string, tentacle: string): boolean {
    const { topology, space } = this.#setup;
    return user === topology.user(space, tentacle) || !user.startsWith(topology.user(space, ""));
  }

  owns(user: string, target: string): boolean {
    const { topology, space, standing } = this.#setup;
    const users = this.#users.get(target) ?? standing.usersOf(target);
    return users === undefined || usersOf(topology, space, target, users).includes(user);
  }

  isWith(session: string, leg: string, token: string): boolean {
    return this.#setup.standing.isWith(session, leg, token);
  }

  targetOf(leg: string): string | undefined {
    return this.#setup.standing.targetOf(leg);
  }

  quarantinedTarget(token: string): string | undefined {
    return this.#setup.standing.quarantinedTarget(token);
  }

  quarantinedTargetsOf(sessions: readonly string[]): string[] {
    return this.#setup.standing.quarantinedTargetsOf(sessions);
  }
}
