import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BerthError } from "@berth/protocol";
import type { Logger } from "pino";
import { type Need, whatIsMissing } from "./readiness.ts";

export interface HealthServerSetup {
  readonly host: string;
  /** 0: any free one. `null`: it does not listen at all. */
  readonly port: number | null;
  readonly needs: readonly Need[];
  readonly logger: Logger;
}

const answerMs = 2_000;

/** Tells a supervisor how a process is that serves nothing else over HTTP: `/healthz` and `/readyz`. */
export class HealthServer {
  readonly #setup: HealthServerSetup;
  #server: Server | null = null;
  #isStopping = false;

  constructor(setup: HealthServerSetup) {
    this.#setup = setup;
  }

  /** Idempotent. */
  async start(): Promise<void> {
    const { host, port, logger } = this.#setup;
    if (port === null || this.#server !== null) return;
    const server = createServer((request, response) => void this.#answer(request.url ?? "", response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    logger.info({ health: addressOf(server.address() as AddressInfo) }, "tells its health");
  }

  /** It answers that the process is not ready from now on. Idempotent. */
  announceStop(): void {
    this.#isStopping = true;
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server?.listening !== true) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const [path] = url.split("?");
    if (path === "/healthz") send(response, 200, { status: "alive" });
    else if (path === "/readyz") await this.#tellReadiness(response);
    else {
      const { code, message } = new BerthError("route_unknown", "there are /healthz and /readyz");
      send(response, 404, { error: { code, message } });
    }
  }

  async #tellReadiness(response: ServerResponse): Promise<void> {
    const { needs, logger } = this.#setup;
    const missing = this.#isStopping ? ["it stops"] : await whatIsMissing(needs, answerMs, logger);
    if (missing.length === 0) {
      send(response, 200, { status: "ready" });
      return;
    }
    const { code, status, message } = new BerthError("not_ready", `not ready: ${missing.join("; ")}`);
    send(response, status, { error: { code, message } });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

/** Of whatever listens, as people write it. */
export function addressOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
