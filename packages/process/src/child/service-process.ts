import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LoggedLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A service as a child of this process: started, listened to, and ended by its own number. */
export class ServiceProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** What it logged so far. */
  readonly log: LoggedLine[] = [];
  /** Lines on standard output that were not JSON. */
  readonly otherLines: string[] = [];
  readonly #child: ChildProcess;
  readonly #watchers: Set<() => void> = new Set();
  #errorText = "";
  #end: ProcessEnd | null = null;

  /** `main`: its file. `environment`: the only variables of Berth that it gets. */
  constructor(main: string, environment: Readonly<Record<string, string>>) {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("BERTH_"));
    const env = { ...Object.fromEntries(own), ...environment };
    const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "pipe"] });
    if (child.pid === undefined) throw new Error("the process could not be started");
    this.pid = child.pid;
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.#take(line));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorText += text;
    });
    this.ended = once(child, "close").then(([code, signal]) => {
      this.#end = { code, signal };
      this.#wakeAll();
      return this.#end;
    });
  }

  /** What it wrote to standard error so far. */
  get errorText(): string {
    return this.#errorText;
  }

  /** Resolves with the first line of that message, which may have come already. Rejects when the process ends before. */
  async logged(message: string): Promise<LoggedLine> {
    for (;;) {
      const line = this.log.find(({ msg }) => msg === message);
      if (line !== undefined) return line;
      if (this.#end !== null) {
        throw new Error(`ended with ${JSON.stringify(this.#end)} before "${message}":\n${this.#errorText}`);
      }
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  /** Sends the signal to this process alone, and resolves when it is gone. One that stands still dies only of SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.signal(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#end === null) this.#child.kill(signal);
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  #take(line: string): void {
    try {
      this.log.push(JSON.parse(line));
    } catch {
      this.otherLines.push(line);
    }
    this.#wakeAll();
  }

  #wakeAll(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const wake of watchers) wake();
  }
}
