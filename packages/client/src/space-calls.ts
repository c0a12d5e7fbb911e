import type { PageView } from "@berth/protocol";
import type { RetryRule } from "./retry.ts";
import type { Query, Transport } from "./transport.ts";

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In place of those of the client. */
  readonly retries?: Partial<RetryRule>;
}

interface ReadOptions extends CallOptions {
  readonly query?: Query;
}

interface WriteOptions extends CallOptions {
  readonly body?: unknown;
  /** `"once"`: twice is not the same, so it is sent again only where it cannot have arrived. */
  readonly sent?: "once" | "again if need be";
}

/** Calls below `/v1/{space}`. */
export class SpaceCalls {
  readonly #transport: Transport;
  readonly #space: string;

  constructor(transport: Transport, space: string) {
    this.#transport = transport;
    this.#space = space;
  }

  get<Body>(path: readonly string[], options: ReadOptions = {}): Promise<Body> {
    return this.#transport.send({ ...options, method: "GET", path: this.#below(path), repeatable: true });
  }

  post<Body>(path: readonly string[], { sent, ...options }: WriteOptions = {}): Promise<Body> {
    const repeatable = sent !== "once";
    // A body even where there is nothing to say: some servers and proxies refuse a POST without one.
    return this.#transport.send({
      body: {},
      ...options,
      method: "POST",
      path: this.#below(path),
      repeatable,
    });
  }

  put<Body>(path: readonly string[], options: WriteOptions): Promise<Body> {
    return this.#transport.send({ ...options, method: "PUT", path: this.#below(path), repeatable: true });
  }

  delete<Body>(path: readonly string[], options: CallOptions = {}): Promise<Body> {
    return this.#transport.send({ ...options, method: "DELETE", path: this.#below(path), repeatable: true });
  }

  #below(path: readonly string[]): readonly string[] {
    return ["v1", this.#space, ...path];
  }
}

/** Each item of a list, page after page; a page is asked for when the one before is used up. */
export async function* eachItem<Item>(
  page: (cursor: string | undefined) => Promise<PageView<Item>>,
): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const { items, next } = await page(cursor);
    yield* items;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}
