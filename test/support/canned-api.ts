// Plays the HTTP API on a real socket, from answers that a test gives. What goes in and out is checked by the schemas of the
// protocol, so that a client cannot be tested against an API that does not exist.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  catalogue,
  ErrorBody,
  type ErrorCode,
  type LogLineView,
  LogView,
  TaskEvent,
  type TaskState,
} from "@berth/protocol";
import { routeOf } from "./api-routes.ts";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/** How the server behaves towards one request. */
export type Behaviour = (response: ServerResponse, request: Received) => void;

/** What a stream does: text and bytes are sent as they are. */
export type StreamStep = string | Uint8Array | "cut";
export type StreamScript = () => Iterable<StreamStep> | AsyncIterable<StreamStep>;

export class CannedApi {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #behaviours = new Map<string, Behaviour[]>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<CannedApi> {
    const server = createServer();
    const api = new CannedApi(server);
    server.on("request", (request, response) => void api.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<unknown>((resolve) => this.#server.close(resolve));
  }

  /** Answers to `GET /v1/default/tasks` and the like, one after the other; the last one is repeated. */
  on(route: string, ...behaviours: readonly Behaviour[]): this {
    this.#behaviours.set(route, [...behaviours]);
    return this;
  }

  /** Answers with a view, which must be what the route promises. */
  answer(route: string, ...views: readonly unknown[]): this {
    const known = routeOf(route);
    if (known === undefined) throw new Error(`the API has no route ${route}`);
    return this.on(route, ...views.map((view) => ok(known.response.parse(view))));
  }

  /** One script for each connection to the events of a task; the last one is repeated. */
  events(task: string, ...scripts: readonly StreamScript[]): this {
    return this.on(`GET /v1/default/tasks/${task}/events`, ...scripts.map(streaming));
  }

  /** A log as a server keeps it: what is after a position, and whether that is all there will ever be. Lines may be added later. */
  log(
    task: string,
    lines: readonly LogLineView[],
    { complete = false, pageLines = 1000 }: { complete?: boolean; pageLines?: number } = {},
  ): this {
    return this.on(`GET /v1/default/tasks/${task}/log`, (response, request) => {
      const after = Number(request.query.after);
      const rest = lines.filter(({ position }) => position > after);
      const shown = rest.slice(0, pageLines);
      const view = LogView.parse({
        lines: shown,
        next: shown.at(-1)?.position ?? after,
        complete: complete && shown.length === rest.length,
      });
      ok(view)(response, request);
    });
  }

  requests(route: string): Received[] {
    return this.received.filter(({ method, path }) => `${method} ${path}` === route);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? "/", this.url);
    const text = await textOf(message);
    const request: Received = {
      method: message.method ?? "",
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      headers: message.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.received.push(request);
    const route = `${request.method} ${request.path}`;
    const behaviours = this.#behaviours.get(route) ?? [];
    const behaviour = behaviours.length > 1 ? behaviours.shift() : behaviours[0];
    const objection = routeOf(route)?.objectionTo(request);
    if (objection !== undefined) refused("request_invalid", objection)(response, request);
    else (behaviour ?? refused("route_unknown", `the test has no answer to ${route}`))(response, request);
  }
}

export function ok(view: unknown, status = 200): Behaviour {
  return raw(status, "application/json; charset=utf-8", JSON.stringify(view));
}

export function refused(
  code: ErrorCode,
  message: string,
  fields?: readonly { path: string; message: string }[],
): Behaviour {
  const body = ErrorBody.parse({ error: { code, message, ...(fields === undefined ? {} : { fields }) } });
  return ok(body, catalogue[code].status);
}

export function raw(
  status: number,
  type: string,
  text: string,
  headers: Record<string, string> = {},
): Behaviour {
  return (response) => void response.writeHead(status, { "content-type": type, ...headers }).end(text);
}

/** Done, and no more to say. */
export const nothing: Behaviour = (response) => void response.writeHead(204).end();

/** The connection breaks before there is an answer. */
export const cut: Behaviour = (response) => void response.destroy();

/** One event of a task as it goes over the wire. */
export function taskEvent(
  state: TaskState,
  { task = "t-1", log = false }: { task?: string; log?: boolean } = {},
): string {
  return `event: task\ndata: ${JSON.stringify(TaskEvent.parse({ task, state, log }))}\n\n`;
}

/** A step of a stream that is never reached. */
export const forever: Promise<never> = new Promise(() => {});

function streaming(script: StreamScript): Behaviour {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    for await (const step of script()) {
      if (step === "cut") response.destroy();
      if (response.destroyed) return;
      await new Promise((resolve) => response.write(step, resolve));
    }
    response.end();
  };
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message.setEncoding("utf8")) text += chunk;
  return text;
}
