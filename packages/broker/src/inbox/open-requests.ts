import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { ReplyBody } from "@berth/protocol";

/** Requests that wait for their answers. An item is answered at most once; whatever comes later is ignored. */
export class OpenRequests {
  readonly #timeoutMs: number;
  readonly #lateError: () => Error;
  /** By item id. All wait equally long, so the order of insertion is that of their deadlines. */
  readonly #items: Map<string, OpenItem> = new Map();
  #timer: NodeJS.Timeout | null = null;

  constructor(timeoutMs: number, lateError: () => Error) {
    this.#timeoutMs = timeoutMs;
    this.#lateError = lateError;
  }

  /** Resolves with one answer per id in their order, or rejects with the first failure of any. */
  open(ids: readonly string[]): Promise<ReplyBody[]> {
    if (ids.length === 0) return Promise.resolve([]);
    const twice = ids.find((id) => this.#items.has(id));
    if (twice !== undefined) return Promise.reject(new Error(`the item "${twice}" is on its way already`));
    const deadlineMs = performance.now() + this.#timeoutMs;
    const request = new OpenRequest(ids.length);
    ids.forEach((id, index) => {
      this.#items.set(id, { request, index, deadlineMs });
    });
    this.#watchTheTime();
    return request.promise;
  }

  answer(id: string, reply: ReplyBody): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    item.request.answer(item.index, reply);
  }

  fail(ids: Iterable<string>, error: Error): void {
    for (const id of ids) {
      this.#items.get(id)?.request.fail(error);
      this.#items.delete(id);
    }
  }

  failAll(error: Error): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.fail([...this.#items.keys()], error);
  }

  /** One timer for all: the oldest decides when to look next. */
  #watchTheTime(): void {
    if (this.#timer !== null) return;
    const [oldest] = this.#items.values();
    if (oldest === undefined) return;
    const delayMs = Math.max(1, Math.ceil(oldest.deadlineMs - performance.now()));
    // After a pause of the process, answers that have arrived get their turn before the time is looked at.
    this.#timer = setTimeout(() => setImmediate(this.#endLate), delayMs);
  }

  readonly #endLate = (): void => {
    this.#timer = null;
    const now = performance.now();
    for (const [id, item] of this.#items) {
      if (item.deadlineMs > now) break;
      this.#items.delete(id);
      item.request.fail(this.#lateError());
    }
    this.#watchTheTime();
  };
}

interface OpenItem {
  readonly request: OpenRequest;
  readonly index: number;
  readonly deadlineMs: number;
}

class OpenRequest {
  readonly promise: Promise<ReplyBody[]>;
  readonly fail: (error: Error) => void;
  readonly #resolve: (replies: ReplyBody[]) => void;
  readonly #replies: ReplyBody[];
  #missing: number;

  constructor(size: number) {
    const { promise, resolve, reject } = Promise.withResolvers<ReplyBody[]>();
    this.promise = promise;
    this.fail = reject;
    this.#resolve = resolve;
    this.#replies = new Array<ReplyBody>(size);
    this.#missing = size;
  }

  answer(index: number, reply: ReplyBody): void {
    this.#replies[index] = reply;
    this.#missing -= 1;
    if (this.#missing === 0) this.#resolve(this.#replies);
  }
}
