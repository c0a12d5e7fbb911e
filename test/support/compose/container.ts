// A container of docker-compose.yml without Docker: the command and the environment that it has there, with the addresses of servers that
// run here, as a process of this machine.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "../eventually.ts";
import type { ComposeService } from "./compose-file.ts";

/** What stands in the file → what takes its place here, in all values of the environment. */
export type Translation = readonly (readonly [string, string])[];

/** The folder that the image has as `/berth`. */
const root = fileURLToPath(new URL("../../..", import.meta.url));

export class Container {
  readonly #service: ComposeService;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #output = "";

  constructor(service: ComposeService, translation: Translation, changes: Readonly<Record<string, string>>) {
    this.#service = service;
    this.#environment = environmentOf(service, translation, changes);
    const [command = "", ...words] = service.command ?? [];
    const options = { cwd: root, env: this.#environment, stdio: ["ignore", "pipe", "pipe"] as const };
    this.#child = spawn(command, words, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.#child, "close");
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Resolves when its own health check succeeds, as Docker would run it. */
  async untilHealthy(): Promise<void> {
    const [kind, program = "", ...words] = this.#service.healthcheck?.test ?? [];
    if (kind !== "CMD") throw new Error(`a health check of the kind ${kind} is not run here`);
    const run = promisify(execFile);
    await eventually(
      "the health check succeeds",
      () => {
        if (this.#child.exitCode !== null) throw new Error(`it has ended:\n${this.#output}`);
        return run(program, words, { env: this.#environment }).then(
          () => true,
          () => false,
        );
      },
      120_000,
    ).catch((error: unknown) => {
      throw new Error(`not healthy:\n${this.#output}`, { cause: error });
    });
  }

  /** As `docker stop` does it. Resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return await this.exitCode();
  }

  async exitCode(): Promise<number | null> {
    const [code] = await this.#ended;
    return code as number | null;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** What it printed so far. */
  get output(): string {
    return this.#output;
  }
}

function environmentOf(
  { environment = {} }: ComposeService,
  translation: Translation,
  changes: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("BERTH_"));
  const translated = Object.entries({ ...environment, ...changes }).map(([name, value]) => {
    const here = translation.reduce((text, [there, place]) => text.replaceAll(there, place), String(value));
    return [name, here] as const;
  });
  return { ...Object.fromEntries(own), ...Object.fromEntries(translated) };
}
