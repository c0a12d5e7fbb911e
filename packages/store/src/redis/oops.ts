import type { OopsRecord } from "@berth/engine";
import type { OopsQuery, Page } from "../port.ts";
import { list, texts } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { type OopsPosition, oopsCursor, readOopsCursor } from "./cursor.ts";
import type { Keys } from "./keys.ts";
import { markedValue } from "./pack.ts";

const readSize = 200;

/** An OOPS with its number, which counts them as they were recorded. */
interface NumberedOops {
  /** As the key has it, with leading zeros: of the same time, they sort as text. */
  readonly number: string;
  readonly oops: OopsRecord;
}

/** Reads and deletes OOPS. There is an order by time of all, and one each of a task, a target and a fingerprint. */
export class OopsRecords {
  readonly #connection: Connection;
  readonly #keys: Keys;

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async page(space: string, query: OopsQuery): Promise<Page<OopsRecord>> {
    const after = readOopsCursor(query.cursor);
    const found: NumberedOops[] = [];
    for await (const step of this.#newestFirst(space, query, after)) {
      found.push(...step.filter(({ oops }) => matches(oops, query)));
      if (found.length > query.limit) break;
    }
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(({ oops }) => oops),
      next: last === undefined ? null : oopsCursor({ at: last.oops.at, number: Number(last.number) }),
    };
  }

  async *#newestFirst(
    space: string,
    query: OopsQuery,
    after: OopsPosition | null,
  ): AsyncGenerator<readonly NumberedOops[]> {
    const isBehind = ({ number, oops }: NumberedOops): boolean =>
      after === null || oops.at < after.at || (oops.at === after.at && Number(number) < after.number);
    if (query.id !== undefined) {
      const answer = await this.#connection.call("hget", this.#keys.of(space, "oopsIds"), query.id);
      if (answer !== null) yield (await this.#read(space, [String(answer)])).filter(isBehind);
      return;
    }
    const { from = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = query;
    const newest = Math.min(before, after === null ? Number.POSITIVE_INFINITY : after.at + 1);
    for (let offset = 0; ; offset += readSize) {
      const answer = await this.#connection.call(
        "zrevrangebyscore",
        this.#keys.of(space, orderOf(query)),
        ...[`(${bound(newest)}`, bound(from), "LIMIT", offset, readSize],
      );
      const numbers = list("ZREVRANGEBYSCORE", answer);
      if (numbers.length === 0) return;
      yield (await this.#read(space, numbers)).filter(isBehind);
    }
  }

  async #read(space: string, numbers: readonly string[]): Promise<NumberedOops[]> {
    if (numbers.length === 0) return [];
    const answer = await this.#connection.call("hmget", this.#keys.of(space, "oops"), ...numbers);
    return texts("HMGET", answer).flatMap((text, index) => {
      const number = numbers[index];
      return text === null || number === undefined ? [] : [{ number, oops: JSON.parse(text) as OopsRecord }];
    });
  }

  /** Deletes the oldest of before a time, at most `limit`. Returns how many. */
  async prune(space: string, before: number, limit: number): Promise<number> {
    let deleted = 0;
    while (deleted < limit) {
      const key = this.#keys.of(space, "oops:at");
      const size = Math.min(readSize, limit - deleted);
      const answer = await this.#connection.call(
        ...(["zrangebyscore", key, "-inf", `(${bound(before)}`, "LIMIT", 0, size] as const),
      );
      const oldest = await this.#read(space, list("ZRANGEBYSCORE", answer));
      if (oldest.length === 0) break;
      const args = oldest.flatMap(({ number, oops: { id, task, target, fingerprint } }) => [
        number,
        id,
        ...[task, target, fingerprint].map(markedValue),
      ]);
      const step = Number(await this.#connection.run("forget-oops", this.#keys.tag(space), args));
      // Somebody else deletes too.
      if (step === 0) break;
      deleted += step;
    }
    return deleted;
  }
}

/** The narrowest order that has all that the query may find. */
function orderOf({ task, fingerprint, target }: OopsQuery): string {
  if (task !== undefined) return `oops:task${markedValue(task)}`;
  if (fingerprint !== undefined) return `oops:fingerprint${markedValue(fingerprint)}`;
  if (target !== undefined) return `oops:target${markedValue(target)}`;
  return "oops:at";
}

function bound(time: number): string {
  if (time === Number.POSITIVE_INFINITY) return "+inf";
  return time === Number.NEGATIVE_INFINITY ? "-inf" : String(time);
}

function matches(oops: OopsRecord, query: OopsQuery): boolean {
  return (
    (query.task === undefined || query.task === oops.task) &&
    (query.target === undefined || query.target === oops.target) &&
    (query.fingerprint === undefined || query.fingerprint === oops.fingerprint) &&
    oops.at >= (query.from ?? Number.NEGATIVE_INFINITY) &&
    oops.at < (query.before ?? Number.POSITIVE_INFINITY)
  );
}
