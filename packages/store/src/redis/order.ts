import { list } from "./answer.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";
import { type Matcher, signatureLength } from "./signature.ts";
import type { Candidate } from "./tasks.ts";

export interface OrderQuery {
  readonly sort: "newest" | "oldest";
  /** The number behind which it begins. */
  readonly after: number | null;
  readonly matcher: Matcher | null;
}

/** So many blocks are read at once: with 512 tasks each, a quarter of a megabyte of signatures. */
const blocksPerStep = 16;

/**
 * Goes over all tasks of a space in the order of submit. They stand there in blocks, each a list of ids and one of
 * signatures, which a commit only appends to.
 */
export class Order {
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Batches in the order of the query. A candidate whose task has another number stands there for nothing. */
  async *candidates(space: string, query: OrderQuery): AsyncGenerator<readonly Candidate[]> {
    let bound = await this.#firstBound(space, query);
    for (;;) {
      const blocks = await this.#blocks(space, query, bound);
      const last = blocks.at(-1);
      if (last === undefined) return;
      yield* this.#ofBlocks(space, query, blocks);
      bound = `(${last}`;
    }
  }

  /** The number of the first block, as a bound of a range. */
  async #firstBound(space: string, { sort, after }: OrderQuery): Promise<string> {
    if (after === null) return sort === "newest" ? "+inf" : "-inf";
    if (sort === "newest") return String(after);
    // The block that has the number began before it.
    const key = this.#keys.of(space, "blocks");
    const answer = await this.#connection.call("zrevrangebyscore", key, after, "-inf", "LIMIT", 0, 1);
    return list("ZREVRANGEBYSCORE", answer)[0] ?? "-inf";
  }

  async #blocks(space: string, { sort }: OrderQuery, bound: string): Promise<number[]> {
    const [command, end] = sort === "newest" ? ["zrevrangebyscore", "-inf"] : ["zrangebyscore", "+inf"];
    const key = this.#keys.of(space, "blocks");
    const answer = await this.#connection.call(command, key, bound, end, "LIMIT", 0, blocksPerStep);
    return list(command, answer).map(Number);
  }

  async *#ofBlocks(
    space: string,
    query: OrderQuery,
    blocks: readonly number[],
  ): AsyncGenerator<readonly Candidate[]> {
    const { matcher } = query;
    const places = new Map<number, readonly number[]>();
    if (matcher !== null) {
      for (const [block, signatures] of await this.#read(space, "signs", blocks)) {
        const matching = placesOf(signatures, matcher).filter((place) => isBehind(block + place, query));
        if (matching.length > 0) places.set(block, matching);
      }
    }
    const wanted = matcher === null ? blocks : blocks.filter((block) => places.has(block));
    for (const [block, text] of await this.#read(space, "ids", wanted)) {
      const ids = JSON.parse(`[${text.slice(0, -1)}]`) as string[];
      const all = ids.map((id, place) => ({ id, number: block + place }));
      const some = places.get(block);
      const chosen = some === undefined ? all : some.flatMap((place) => all[place] ?? []);
      const found = chosen.filter(({ number }) => isBehind(number, query));
      yield query.sort === "newest" ? found.reverse() : found;
    }
  }

  /** In the order of the blocks; without those that were deleted meanwhile. */
  async #read(
    space: string,
    what: "ids" | "signs",
    blocks: readonly number[],
  ): Promise<[block: number, text: string][]> {
    if (blocks.length === 0) return [];
    const keys = blocks.map((block) => this.#keys.of(space, `${what}:${block}`));
    const answer = (await this.#connection.call("mget", ...keys)) as (string | null)[];
    return blocks.flatMap((block, index) => {
      const text = answer[index] ?? null;
      return text === null ? [] : [[block, text] as [number, string]];
    });
  }
}

function placesOf(signatures: string, matcher: Matcher): number[] {
  const places: number[] = [];
  const count = signatures.length / signatureLength;
  for (let place = 0; place < count; place += 1) if (matcher(signatures, place)) places.push(place);
  return places;
}

function isBehind(number: number, { sort, after }: OrderQuery): boolean {
  return after === null || (sort === "newest" ? number < after : number > after);
}
