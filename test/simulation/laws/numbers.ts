import type { Durable } from "../history.ts";
import type { Law } from "./evidence.ts";

/** Laws 4 and 5: the numbers of tasks and the tokens of grants only grow, whoever counts them. */
export const numbers: Law = {
  name: "4, order, and 5, fencing",
  needsMemory: true,
  onEnd: ({ history }) => {
    // What a store forgets may be counted once more.
    if (history.storeLosses.length > 0) return [];
    const count = new Count();
    return history.durables.flatMap((durable) => count.take(durable));
  },
};

/** What was counted so far. */
class Count {
  #order = 0;
  #tokens = 0;
  #lastToken = "";
  readonly #tokenOf = new Map<string, string>();

  take(durable: Durable): string[] {
    const { counters, isWhole, sequence } = durable;
    const findings = isWhole ? [] : [...this.#takeOrders(durable), ...this.#takeTokens(durable)];
    if (counters.order < this.#order || counters.token < this.#tokens)
      findings.push(`commit ${sequence} counts on from an older number`);
    this.#order = counters.order;
    this.#tokens = counters.token;
    return findings;
  }

  /** Only what supersedes another takes the place of that. */
  #takeOrders({ changes }: Durable): string[] {
    const orders = changes.flatMap((change) =>
      change.type === "task.added" && (change.task.plan?.supersedes ?? null) === null ? [change.task] : [],
    );
    const taken = new Set<number>();
    return orders.flatMap(({ id, order }) => {
      const isNew = order > this.#order && !taken.has(order);
      taken.add(order);
      return isNew ? [] : [`task ${id} has the order ${order}, after ${this.#order}`];
    });
  }

  #takeTokens({ changes }: Durable): string[] {
    const last = this.#lastToken;
    return changes.flatMap((change) => {
      if (change.type !== "leg" || change.leg.token === null) return [];
      const { id, token } = change.leg;
      if (this.#tokenOf.get(id) === token) return [];
      this.#tokenOf.set(id, token);
      if (token > this.#lastToken) this.#lastToken = token;
      return token > last ? [] : [`leg ${id} was granted ${token} after ${last}`];
    });
  }
}
