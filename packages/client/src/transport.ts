import { readAnswer } from "./answer.ts";
import { cannotHaveArrived, unreachable } from "./connection-error.ts";
import { BerthRequestError } from "./error.ts";
import { delayBefore, type RetryRule, type Wait } from "./retry.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parts of the path, not yet escaped. */
  readonly path: readonly string[];
  readonly query?: Query;
  readonly body?: unknown;
  /** Twice does the same as once, so that it may be sent again when nobody knows whether it arrived. */
  readonly repeatable: boolean;
  readonly retries?: Partial<RetryRule>;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: RetryRule;
  /** How long one attempt may take until its whole answer is there. */
  readonly timeoutMs: number;
  readonly wait: Wait;
}

/** Sends calls, again where that is safe, and reads the answers. */
export class Transport {
  readonly url: string;
  readonly wait: Wait;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.url = baseOf(options.url);
    this.wait = options.wait;
    this.#options = options;
  }

  /** The answer's body, taken for what the route promises: a server that is newer may say more than this client knows. */
  async send<Body>(call: Call): Promise<Body> {
    const rule = { ...this.#options.retries, ...call.retries };
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(call, body, attempt);
      if ("answer" in outcome) return outcome.answer as Body;
      if (!outcome.again || attempt >= rule.attempts) throw outcome.error;
      const delayMs = Math.min(Math.max(delayBefore(attempt + 1, rule), outcome.afterMs), rule.delayMaxMs);
      await this.wait(delayMs, call.signal);
    }
  }

  /** Opens a stream of server-sent events. Once, without a limit of time: whoever reads it decides what comes next. */
  async open(path: readonly string[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(
      { method: "GET", path, repeatable: true },
      undefined,
      { accept: "text/event-stream" },
      signal,
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(this.url, error, 1);
    });
    const type = response.headers.get("content-type") ?? "";
    if (response.ok && response.body !== null && type.startsWith("text/event-stream")) return response.body;
    await readAnswer(response, this.url, 1);
    throw new BerthRequestError("answer_unreadable", `${this.url} answered with ${type}, not with events.`, {
      status: response.status,
    });
  }

  async #attempt(call: Call, body: string | undefined, attempt: number): Promise<Outcome> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
    let retryAfter: string | null = null;
    try {
      const response = await this.#fetch(call, body, { accept: "application/json" }, signal);
      retryAfter = response.headers.get("retry-after");
      return { answer: await readAnswer(response, this.url, attempt) };
    } catch (error) {
      call.signal?.throwIfAborted();
      if (error instanceof BerthRequestError) {
        return { error, again: mayTryAgain(error.status, call.repeatable), afterMs: afterMsOf(retryAfter) };
      }
      const again = call.repeatable || cannotHaveArrived(error);
      return { error: unreachable(this.url, error, attempt), again, afterMs: 0 };
    }
  }

  #fetch(
    call: Call,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    return this.#options.fetch(`${this.url}${pathOf(call.path)}${queryOf(call.query ?? {})}`, {
      method: call.method,
      headers: { ...headers, ...type, ...this.#options.headers },
      signal,
      ...(body === undefined ? {} : { body }),
    });
  }
}

type Outcome =
  | { readonly answer: unknown }
  | { readonly error: BerthRequestError; readonly again: boolean; readonly afterMs: number };

/** 429 and 503 say that nothing was done; after 502 and 504 nobody knows. */
function mayTryAgain(status: number | null, repeatable: boolean): boolean {
  return status === 429 || status === 503 || (repeatable && (status === 502 || status === 504));
}

/** `Retry-After` in its form of seconds; that of a date is left to the ordinary back-off. */
function afterMsOf(header: string | null): number {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0;
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw new BerthRequestError(
      "url_invalid",
      `"${url}" is not the address of a Berth API; expected one like http://127.0.0.1:7070.`,
    );
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
}

function pathOf(parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

function queryOf(query: Query): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    pairs.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  return pairs.size === 0 ? "" : `?${pairs}`;
}
