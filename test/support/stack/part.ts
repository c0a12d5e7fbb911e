// One part of a stack: a place for a process, which is started, killed, frozen and replaced in it again and again.
import { fileURLToPath } from "node:url";
import { type LoggedLine, type ProcessEnd, ServiceProcess } from "@berth/process/child";
import { eventually } from "../eventually.ts";

export type ServiceName = "api" | "dispatcher" | "tentacle";

/** What `/readyz` says. */
export interface Readiness {
  readonly isReady: boolean;
  /** What is missing; empty where nothing is. */
  readonly message: string;
}

export class StackPart {
  readonly name: string;
  readonly service: ServiceName;
  readonly #environment: Readonly<Record<string, string>>;
  /** All lives so far, the present one last. */
  readonly #lives: ServiceProcess[] = [];
  /** Where it answers `/healthz` and `/readyz`: the same port in each life, so that whoever uses it finds it again. */
  #port = "0";

  constructor(name: string, service: ServiceName, environment: Readonly<Record<string, string>>) {
    this.name = name;
    this.service = service;
    this.#environment = environment;
  }

  /** Starts a new life; resolves when the process listens, which is long before it is ready. */
  async start(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.isUp) throw new Error(`${this.name} is running`);
    const isApi = this.service === "api";
    const port = isApi ? { BERTH_PORT: this.#port } : { BERTH_HEALTH_PORT: this.#port };
    const life = new ServiceProcess(mainOf(this.service), { ...this.#environment, ...port, ...changes });
    this.#lives.push(life);
    const line = await life.logged(isApi ? "listens" : "tells its health");
    this.#port = new URL(String(isApi ? line.url : line.health)).port;
  }

  get isUp(): boolean {
    return this.#lives.at(-1)?.hasEnded === false;
  }

  /** The present life. */
  get process(): ServiceProcess {
    const life = this.#lives.at(-1);
    if (life === undefined) throw new Error(`${this.name} was never started`);
    return life;
  }

  get pid(): number {
    return this.process.pid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What all lives so far have logged. */
  get log(): LoggedLine[] {
    return this.#lives.flatMap(({ log }) => log);
  }

  /** What all lives so far wrote to standard error: nothing, unless something is wrong. */
  get errorText(): string {
    return this.#lives.map(({ errorText }) => errorText).join("");
  }

  /** As it says itself; a process that does not answer is not ready. */
  async readiness(): Promise<Readiness> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      const body = (await response.json()) as { readonly error?: { readonly message: string } };
      return { isReady: response.status === 200, message: body.error?.message ?? "" };
    } catch (error) {
      return { isReady: false, message: `no answer: ${String(error)}` };
    }
  }

  async untilReady(deadlineMs = 60_000): Promise<void> {
    let message = "";
    const isReady = async (): Promise<boolean> => {
      const readiness = await this.readiness();
      ({ message } = readiness);
      return readiness.isReady;
    };
    await eventually(`${this.name} is ready`, isReady, deadlineMs).catch((cause: unknown) => {
      const lines = this.log.slice(-20).map(({ msg, err }) => JSON.stringify({ msg, err }));
      throw new Error([`${this.name} is not ready: ${message}`, ...lines].join("\n"), { cause });
    });
  }

  /** `kill -9`. */
  kill(): Promise<ProcessEnd> {
    return this.process.end("SIGKILL");
  }

  /** SIGTERM; resolves when it has stopped by itself. */
  stop(): Promise<ProcessEnd> {
    return this.process.end("SIGTERM");
  }

  /** It stands still, and knows nothing of it. */
  freeze(): void {
    this.process.signal("SIGSTOP");
  }

  /** It goes on as if no time had passed. */
  thaw(): void {
    this.process.signal("SIGCONT");
  }

  /** SIGTERM, and a new life. Resolves when that is ready. */
  async replace(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop();
    await this.start(changes);
    await this.untilReady();
  }
}

/** The file that the container of a service runs, too. */
export function mainOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url));
}
