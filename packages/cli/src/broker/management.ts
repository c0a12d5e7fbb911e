import { UsageError } from "../error-lines.ts";
import type { TentacleUser } from "./credentials.ts";

/** How a request is sent; `fetch` is one. */
export type SendRequest = (url: string, request: RequestInit) => Promise<Response>;

const timeoutMs = 10_000;

/** RabbitMQ's management API, as far as users are concerned. */
export class Management {
  readonly #base: string;
  readonly #authorization: string;
  readonly #send: SendRequest;

  /** The URL may have a user and a password in it; else they are the given ones. Throws `UsageError` for what is no address. */
  constructor(url: string, user: string | undefined, password: string | undefined, send: SendRequest) {
    const base = readUrl(url);
    const name = base.username === "" ? (user ?? "guest") : decodeURIComponent(base.username);
    const secret = base.password === "" ? (password ?? "guest") : decodeURIComponent(base.password);
    base.username = "";
    base.password = "";
    this.#base = base.href.replace(/\/$/, "");
    this.#authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
    this.#send = send;
  }

  async hasUser({ name }: TentacleUser): Promise<boolean> {
    return (await this.#ask("GET", ["users", name])).status !== 404;
  }

  /** Makes the user, or gives it another password. */
  async putUser({ name }: TentacleUser, password: string): Promise<void> {
    await this.#change("PUT", ["users", name], { password, tags: "" });
  }

  async putPermissions({ name, permissions }: TentacleUser, virtualHost: string): Promise<void> {
    await this.#change("PUT", ["permissions", virtualHost, name], permissions);
  }

  /** No error where there is none. */
  async deleteUser({ name }: TentacleUser): Promise<void> {
    await this.#ask("DELETE", ["users", name]);
  }

  async #change(method: string, path: readonly string[], body: object): Promise<void> {
    const { status } = await this.#ask(method, path, body);
    if (status === 404) throw problem(this.#base, `there is no ${path[0]} ${path[1]}`);
  }

  async #ask(method: string, path: readonly string[], body?: object): Promise<Response> {
    const url = `${this.#base}/api/${path.map(encodeURIComponent).join("/")}`;
    const response = await this.#answer(url, {
      method,
      headers: { authorization: this.#authorization, "content-type": "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok || response.status === 404) return response;
    if (response.status === 401) throw problem(this.#base, "it does not know this user and password");
    throw problem(this.#base, `it answered ${method} ${path.join("/")} with ${response.status}`);
  }

  async #answer(url: string, request: RequestInit): Promise<Response> {
    try {
      return await this.#send(url, request);
    } catch (error) {
      throw problem(this.#base, "it cannot be reached", error);
    }
  }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(`--management: expected an address such as http://127.0.0.1:15672, got "${text}".`);
}

/** Neither a password nor a body is in it. */
function problem(base: string, what: string, cause?: unknown): UsageError {
  return new UsageError(`RabbitMQ's management API at ${base}: ${what}.`, {
    cause,
    remedy: "Without --management, the lines for rabbitmqctl are printed.",
  });
}
