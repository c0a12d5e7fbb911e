import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";

export interface DelayProxyOptions {
  /** URL of the server. */
  readonly url: string;
  /** Used where the URL names no port. */
  readonly defaultPort: number;
  /** For each way; ms. */
  readonly delayMs: number;
}

/** What is in the line for one way may take so much memory; past it the sender has to wait, as on a real wire. */
const bytesInLineMax = 16 * 1024 * 1024;

/** Stands in front of a server as a longer wire: all bytes arrive, in their order, later. */
export class DelayProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: DelayProxyOptions;
  #url: string | null = null;

  constructor(options: DelayProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#join(socket));
  }

  /** Of the server as it is reached through here. */
  get url(): string {
    if (this.#url === null) throw new Error("the proxy does not listen yet");
    return this.#url;
  }

  async start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    const url = new URL(this.#options.url);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#url = url.href;
  }

  /** Cuts all connections. Idempotent. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket): void {
    const { url, defaultPort, delayMs } = this.#options;
    const { hostname, port } = new URL(url);
    const far = connect({
      host: hostname,
      port: port === "" ? defaultPort : Number(port),
      allowHalfOpen: true,
      noDelay: true,
    });
    const lines = [pass(near, far, delayMs), pass(far, near, delayMs)];
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      // The other side hears of it by the end of its own socket.
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        const other = socket === near ? far : near;
        if (!socket.readableEnded || !socket.writableFinished) {
          for (const line of lines) line.clear();
          if (!other.destroyed) other.resetAndDestroy();
        }
      });
    }
  }
}

/** One way of a connection. */
function pass(from: Socket, to: Socket, delayMs: number): DelayLine {
  const line = new DelayLine(delayMs);
  let bytesInLine = 0;
  const goOn = (): void => {
    if (bytesInLine < bytesInLineMax && !to.writableNeedDrain) from.resume();
  };
  from.on("data", (chunk) => {
    bytesInLine += chunk.length;
    if (bytesInLine >= bytesInLineMax) from.pause();
    line.enter(() => {
      bytesInLine -= chunk.length;
      if (!to.destroyed && !to.write(chunk)) from.pause();
      else goOn();
    });
  });
  to.on("drain", goOn);
  from.once("end", () => line.enter(() => to.end()));
  return line;
}
