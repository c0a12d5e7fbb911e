import type { RetentionRule } from "../port.ts";
import { list } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { entryOf, readGroup } from "./ends.ts";
import type { Keys } from "./keys.ts";
import type { OopsRecords } from "./oops.ts";

/** So many tasks a script deletes at once: a few milliseconds of Redis. */
const stepSize = 128;

/** Deletes what is old, group by group in the order of ends. */
export class Retention {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #oops: OopsRecords;

  constructor(connection: Connection, keys: Keys, oops: OopsRecords) {
    this.#connection = connection;
    this.#keys = keys;
    this.#oops = oops;
  }

  async prune(space: string, rule: RetentionRule): Promise<{ tasks: number; oops: number }> {
    let tasks = 0;
    while (tasks < rule.limit) {
      const deleted = await this.#step(space, rule, Math.min(stepSize, rule.limit - tasks));
      if (deleted === 0) break;
      tasks += deleted;
    }
    return { tasks, oops: await this.#oops.prune(space, rule.before, rule.limit) };
  }

  /** 0: nothing is to be deleted, or somebody else is about it. */
  async #step(space: string, { before, endedTasksMax }: RetentionRule, limit: number): Promise<number> {
    const key = this.#keys.of(space, "ends");
    const [member] = list("ZRANGE", await this.#connection.call("zrange", key, 0, 0));
    if (member === undefined) return 0;
    const ended = Number(await this.#connection.call("hlen", this.#keys.of(space, "ended")));
    const tooMany = Math.max(0, ended - endedTasksMax);
    const group = readGroup(member);
    const due = group.filter(([endedAt], index) => endedAt < before || index < tooMany).slice(0, limit);
    if (due.length === 0) return 0;
    // Those that are deleted for their number must be too many still when it happens.
    const isForNumber = due.some(([endedAt]) => endedAt >= before);
    const needed = isForNumber ? endedTasksMax + due.length : 0;
    const rest = entryOf(group.slice(due.length));
    const args = [member, ...rest, needed, ...due.map(([, id]) => id)];
    return Number(await this.#connection.run("forget", this.#keys.tag(space), args));
  }
}
