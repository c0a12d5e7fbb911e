import { isEndState } from "@berth/engine";
import type { Durable, Sent } from "../history.ts";
import type { Evidence, Law } from "./evidence.ts";

/** Law 9: nothing is sent, answered or acknowledged before what it rests on is committed, by an owner that still is one. */
export const durableFirst: Law = {
  name: "9, durable first",
  needsMemory: false,
  onEnd: ({ history }: Evidence) => {
    const known = new Known(history.durables);
    return history.sent.flatMap((sent) => {
      const missing = known.missing(sent);
      return missing === null ? [] : [`${sent.by} sent a ${sent.type} at ${sent.at}: ${missing}`];
    });
  },
};

/** Since when what is durable. */
class Known {
  readonly #facts = new Map<string, number>();
  readonly #sessions = new Set<string>();
  readonly #commits = new Map<string, number[]>();
  /** What was refused by whom: nothing needs to be stored of it. */
  readonly #refused = new Set<string>();

  constructor(durables: readonly Durable[]) {
    for (const durable of durables) this.#learn(durable);
  }

  missing(sent: Sent): string | null {
    switch (sent.type) {
      case "delivery":
        // Whoever gets it has to claim it, and is told then whether there is such a grant.
        if (sent.session === null) return null;
        return this.#needOne([`grant ${sent.leg} ${sent.token}`, `end of ${sent.session}`], sent.at);
      case "order": {
        const { order, session, at } = sent;
        if (order.type !== "cancel") return null;
        // What was decided in one commit is stored as it was in the end of it.
        const { leg, token } = order;
        return this.#needOne([`cancelling ${leg} ${token}`, `end of ${session}`, `end of ${leg}`], at);
      }
      case "reply":
        if (sent.body.type === "refused") this.#refused.add(`${sent.by} ${sent.id}`);
        return sent.body.type === "submitted" ? this.#need(`task ${sent.body.task}`, sent.at) : null;
      case "ack":
        return this.#missingOfAck(sent);
    }
  }

  /** A batch has a commit of its own: that is how an owner that was deposed unawares finds out. */
  #missingOfAck(ack: Extract<Sent, { type: "ack" }>): string | null {
    const commits = this.#commits.get(ack.by) ?? [];
    if (!commits.some((at) => at >= ack.receivedAt && at <= ack.at))
      return `it committed nothing since it got ${ack.items.map(({ type, id }) => `${type} ${id}`).join(", ")}`;
    for (const item of ack.items) {
      if (item.type !== "submit" || this.#refused.has(`${ack.by} ${item.id}`)) continue;
      const missing = this.#need(`task ${item.task.id}`, ack.at);
      if (missing !== null) return missing;
    }
    return null;
  }

  #need(fact: string, by: number): string | null {
    return this.#needOne([fact], by);
  }

  #needOne(facts: readonly string[], by: number): string | null {
    const isKnown = facts.some((fact) => (this.#facts.get(fact) ?? Number.POSITIVE_INFINITY) <= by);
    return isKnown ? null : `"${facts[0]}" was not durable`;
  }

  #learn({ at, owner, changes, isWhole }: Durable): void {
    const commits = this.#commits.get(owner);
    if (commits === undefined) this.#commits.set(owner, [at]);
    else commits.push(at);
    const learn = (fact: string): void => {
      if (!this.#facts.has(fact)) this.#facts.set(fact, at);
    };
    // Where the whole state is written back, what is not in it is over.
    if (isWhole) for (const session of this.#sessions) learn(`end of ${session}`);
    for (const change of changes) {
      if (change.type === "session") this.#sessions.add(change.session.id);
      if (change.type === "task.added") learn(`task ${change.task.id}`);
      if (change.type === "session.ended") learn(`end of ${change.id}`);
      if (change.type !== "leg") continue;
      const { id, token, state } = change.leg;
      if (isEndState(state)) learn(`end of ${id}`);
      learn(`grant ${id} ${token}`);
      if (state === "cancelling") learn(`cancelling ${id} ${token}`);
    }
  }
}
