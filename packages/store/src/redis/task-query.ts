import type { TaskRecord, TaskState } from "@berth/engine";
import type { Page, StoredTask, TaskQuery } from "../port.ts";
import { list, pairs } from "./answer.ts";
import { isEndCode, stateCode, waitingState } from "./codes.ts";
import type { Connection } from "./connection.ts";
import { readTaskCursor, taskCursor } from "./cursor.ts";
import type { Keys } from "./keys.ts";
import { Order } from "./order.ts";
import type { NumberedTask } from "./record.ts";
import { matcherOf } from "./signature.ts";
import type { Candidate, Home, Tasks } from "./tasks.ts";

/** So many records are read at once. */
const readSize = 500;

/** Where tasks of certain states are found: by hash, with the digits of the states; and among those that went wrong. */
interface Sources {
  readonly homes: readonly (readonly [home: Home, digits: string])[];
  readonly isAlsoUnsuccessful: boolean;
}

/** How much more a task costs that is looked at in the order of submit than one that is only scanned. */
const orderCost = 10;

/**
 * Finds tasks by looking at candidates in the order of the page. Where they come from depends on what is rarest: given ids,
 * what is under way, what went wrong, or the order of submit with its signatures.
 */
export class TaskQueries {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #tasks: Tasks;
  readonly #order: Order;

  constructor(connection: Connection, keys: Keys, tasks: Tasks) {
    this.#connection = connection;
    this.#keys = keys;
    this.#tasks = tasks;
    this.#order = new Order(connection, keys);
  }

  /** Looks for one more than fits on the page: whether there is one decides whether there is a next page. */
  async page(space: string, query: TaskQuery): Promise<Page<StoredTask>> {
    const after = readTaskCursor(query.sort, query.cursor);
    const found: NumberedTask[] = [];
    if (isPossible(query)) {
      for await (const candidates of await this.#candidates(space, query, after)) {
        await this.#take(space, query, candidates, found);
        if (found.length > query.limit) break;
      }
    }
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(({ task, legs }) => ({ task, legs })),
      next: last === undefined ? null : taskCursor(query.sort, last.number),
    };
  }

  /** Adds those that match, until there are enough. */
  async #take(
    space: string,
    query: TaskQuery,
    candidates: readonly Candidate[],
    found: NumberedTask[],
  ): Promise<void> {
    for (let start = 0; start < candidates.length && found.length <= query.limit; ) {
      // Without a filter all match, and to read more than what is missing would be for nothing.
      const size = Math.min(readSize, Math.max(32, query.limit + 1 - found.length));
      const step = candidates.slice(start, start + size);
      start += size;
      const read = await this.#tasks.read(space, [...new Set(step.map(({ id }) => id))]);
      const numbers = new Set(step.map(({ number }) => number));
      const matching = read.filter(({ task, number }) => numbers.has(number) && matches(task, query));
      found.push(...inOrder(matching, query.sort));
    }
  }

  async #candidates(
    space: string,
    query: TaskQuery,
    after: number | null,
  ): Promise<AsyncIterable<readonly Candidate[]> | Iterable<readonly Candidate[]>> {
    const isBehind = ({ number }: Candidate): boolean =>
      after === null || (query.sort === "newest" ? number < after : number > after);
    if (query.ids !== undefined) {
      const stored = await this.#tasks.read(space, [...new Set(query.ids)]);
      const all = stored.map(({ task, number }) => ({ id: task.id, number }));
      return [inOrder(all.filter(isBehind), query.sort)];
    }
    const sources = await this.#sources(space, query);
    if (sources === null) {
      const { sort } = query;
      return this.#order.candidates(space, { sort, after, matcher: matcherOf(query) });
    }
    const { homes, isAlsoUnsuccessful } = sources;
    const all = await Promise.all(homes.map(([home, digits]) => this.#tasks.candidates(space, home, digits)));
    // One that moved from one home to the other meanwhile may be in both.
    const byId = new Map(all.flat().map((candidate) => [candidate.id, candidate]));
    const candidates = inOrder([...byId.values()].filter(isBehind), query.sort);
    return isAlsoUnsuccessful ? this.#withUnsuccessful(space, query.sort, after, candidates) : [candidates];
  }

  /** `null`: all tasks, in the order of submit. */
  async #sources(space: string, { states, limit }: TaskQuery): Promise<Sources | null> {
    if (states === undefined) return null;
    const wanted = new Set(states);
    const counts = await this.#tasks.counts(space);
    const sizes = { waiting: 0, active: 0, ended: 0 };
    const digits = { waiting: "", active: "", ended: "" };
    let matching = 0;
    for (const [state, count] of Object.entries(counts)) {
      const code = stateCode(state as TaskState);
      const home = homeOf(code);
      sizes[home] += count;
      if (!wanted.has(state as TaskState)) continue;
      matching += count;
      digits[home] += code;
    }
    // Those that went wrong have an order of their own.
    const isAlsoUnsuccessful = digits.ended !== "" && !wanted.has("succeeded");
    if (isAlsoUnsuccessful) digits.ended = "";
    const homes = (["waiting", "active", "ended"] as const).filter((home) => digits[home] !== "");
    const scanned = homes.reduce((sum, home) => sum + sizes[home], 0);
    // How many are looked at in the order of submit before a page is full, if they were evenly spread.
    const all = sizes.waiting + sizes.active + sizes.ended;
    const lookedAt = (limit * all) / Math.max(1, matching);
    if (scanned > orderCost * lookedAt) return null;
    return { homes: homes.map((home) => [home, digits[home]]), isAlsoUnsuccessful };
  }

  /** Ended tasks that did not succeed have an order of their own, which the live ones are merged into. */
  async *#withUnsuccessful(
    space: string,
    sort: TaskQuery["sort"],
    after: number | null,
    live: readonly Candidate[],
  ): AsyncGenerator<readonly Candidate[]> {
    const [command, end] = sort === "newest" ? ["zrevrangebyscore", "-inf"] : ["zrangebyscore", "+inf"];
    const key = this.#keys.of(space, "unsuccessful");
    let bound = after === null ? (sort === "newest" ? "+inf" : "-inf") : `(${after}`;
    let rest = live;
    for (;;) {
      const answer = await this.#connection.call(
        ...([command, key, bound, end, "WITHSCORES", "LIMIT", 0, readSize] as const),
      );
      const ended = readScored(answer);
      const last = ended.at(-1);
      if (last === undefined) break;
      const isBefore = ({ number }: Candidate): boolean =>
        sort === "newest" ? number > last.number : number < last.number;
      yield inOrder([...ended, ...rest.filter(isBefore)], sort);
      rest = rest.filter((candidate) => !isBefore(candidate));
      bound = `(${last.number}`;
    }
    yield rest;
  }
}

/** Members with their scores, which come as a flat list or, with a newer protocol, in pairs. */
function readScored(answer: unknown): Candidate[] {
  const flat = list("a range with scores", (answer as unknown[]).flat());
  return pairs(flat).map(([id, number]) => ({ id, number: Number(number) }));
}

function homeOf(code: number): Home {
  if (isEndCode(code)) return "ended";
  return code === waitingState ? "waiting" : "active";
}

function inOrder<Item extends { readonly number: number }>(
  items: readonly Item[],
  sort: TaskQuery["sort"],
): Item[] {
  return items.toSorted((one, other) =>
    sort === "newest" ? other.number - one.number : one.number - other.number,
  );
}

function isPossible({ ids, states, kinds }: TaskQuery): boolean {
  return ids?.length !== 0 && states?.length !== 0 && kinds?.length !== 0;
}

function matches(task: TaskRecord, query: TaskQuery): boolean {
  return (
    query.states?.includes(task.status.state) !== false &&
    query.kinds?.includes(task.kind) !== false &&
    (query.name === undefined || query.name === task.name) &&
    (query.target === undefined || task.targets.includes(query.target)) &&
    (query.parent === undefined || query.parent === task.plan?.parent) &&
    (query.schedule === undefined || query.schedule === task.schedule) &&
    task.queuedAt >= (query.queuedFrom ?? 0) &&
    task.queuedAt < (query.queuedBefore ?? Number.POSITIVE_INFINITY)
  );
}
