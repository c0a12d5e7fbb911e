import type { AttemptOutcome, Script } from "@berth/protocol";
import type { Logger } from "pino";
import { Deadline } from "./deadline.ts";
import type { Execution, ExecutionHost } from "./execution.ts";
import { failure, failureOf, shortMessage } from "./failure.ts";
import { type Exit, GatedProcess } from "./gated-process.ts";
import type { Guard } from "./guard.ts";
import { findProgram, invocationOf } from "./interpreter.ts";
import type { PipePool } from "./pipe-pool.ts";
import { signalGroup } from "./process-group.ts";
import { scriptEnvironment } from "./script-environment.ts";
import { createScriptFolder, removeScriptFolder, type ScriptFolder } from "./script-folder.ts";

/** What scripts need of the tentacle they run in. */
export interface ScriptSurroundings {
  readonly guard: Guard;
  readonly pipes: PipePool;
  /** Where each script gets a folder of its own. */
  readonly parent: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
}

/** A script on its way through: look up the interpreter, report the start, run, read all output, report the end. */
export class ScriptExecution implements Execution {
  readonly #host: ExecutionHost;
  readonly #script: Script;
  readonly #surroundings: ScriptSurroundings;
  #process: GatedProcess | null = null;
  #state: "preparing" | "running" | "exited" = "preparing";
  /** Ended before there was a process. */
  #endRequested = false;
  #killed = false;
  #groupEnded = false;
  #termSent = false;
  readonly #deadline: Deadline = new Deadline();

  constructor(host: ExecutionHost, script: Script, surroundings: ScriptSurroundings) {
    this.#host = host;
    this.#script = script;
    this.#surroundings = surroundings;
    void this.#run();
  }

  end(graceMs: number, reason: string): boolean {
    if (this.#state === "exited") return false;
    this.#endRequested = true;
    if (this.#process === null) return true;
    if (!this.#termSent) signalGroup(this.#process.pid, "SIGTERM");
    this.#termSent = true;
    this.#deadline.set(graceMs, () => this.#killGroup(reason));
    return true;
  }

  kill(): void {
    this.#endRequested = true;
    this.#killed = true;
    this.#killGroup("");
    if (this.#state === "exited") this.#process?.abandon();
  }

  async #run(): Promise<void> {
    const { interpreter } = this.#script;
    const { environment } = this.#surroundings;
    const program = await findProgram(interpreter, environment.PATH ?? "");
    if (program === null) {
      const missing = `the interpreter "${interpreter}" is not on the PATH of the tentacle`;
      this.#host.unsupported(failure("InterpreterMissing", missing));
      return;
    }
    const started = Promise.withResolvers<void>();
    if (!this.#host.begin(started.resolve)) return;
    const outcome = await this.#runStarted(program, started.promise).catch(
      (error: unknown): AttemptOutcome => ({
        type: "error",
        failure: { ...failureOf(error), type: "ScriptNotStarted" },
      }),
    );
    this.#state = "exited";
    this.#host.finished(outcome);
  }

  async #runStarted(program: string, reported: Promise<void>): Promise<AttemptOutcome> {
    const { parent } = this.#surroundings;
    const folder = await createScriptFolder(parent, this.#script, this.#host.delivery.payload);
    try {
      if (this.#endRequested) throw new Error("the script was ended before it started");
      return await this.#runIn(folder, program, reported);
    } finally {
      this.#remove(folder.path);
    }
  }

  async #runIn(folder: ScriptFolder, program: string, reported: Promise<void>): Promise<AttemptOutcome> {
    const { guard } = this.#surroundings;
    const process = await this.#spawn(folder, program);
    this.#process = process;
    this.#state = "running";
    this.#host.output.onPressure = (tooMuch) => process.pauseOutput(tooMuch);
    // It has not started: nothing is lost.
    if (this.#endRequested) this.#killGroup("");
    try {
      // Only when the guard would end it, and the broker knows of it, can it start without ever running twice.
      const ready = Promise.all([guard.watch(process.pid), reported]).then(() => "ready" as const);
      if ((await Promise.race([ready, process.exited])) === "ready") process.go();
      const exit = await process.exited;
      this.#state = "exited";
      this.#endGroup(process);
      await this.#drain(process);
      return this.#outcomeOf(exit);
    } finally {
      this.#endGroup(process);
      process.abandon();
    }
  }

  #spawn(folder: ScriptFolder, program: string): Promise<GatedProcess> {
    const { delivery, output } = this.#host;
    const { interpreter, arguments: words } = this.#script;
    const environment = scriptEnvironment(delivery, folder.variables, this.#surroundings.environment);
    if (environment.tooLong.length > 0) {
      output.note(`too long for the environment, so only in BERTH_VARIABLES_FILE: ${environment.tooLong}`);
    }
    return GatedProcess.spawn({
      command: [program, ...invocationOf(interpreter).options, folder.script, ...words],
      folder: folder.path,
      environment: environment.entries,
      pipes: this.#surroundings.pipes,
      onOutput: (stream, chunk) => output.write(stream, chunk),
    });
  }

  /** What it left behind in its group must not hold the target, nor run on when the slot is given to the next. */
  #endGroup(process: GatedProcess): void {
    this.#deadline.clear();
    if (this.#groupEnded) return;
    this.#groupEnded = true;
    signalGroup(process.pid, "SIGKILL");
    this.#surroundings.guard.release(process.pid);
  }

  async #drain(process: GatedProcess): Promise<void> {
    if (!this.#killed) await process.drain();
  }

  #outcomeOf({ code, signal }: Exit): AttemptOutcome {
    const { output } = this.#host;
    if (code === 0) return { type: "succeeded", exitCode: 0 };
    if (code === null) {
      const value = `the script was ended by ${signal}, which the tentacle did not send`;
      return { type: "error", failure: failure("ScriptCrashed", value, output.tail) };
    }
    const said = output.lastErrorLine;
    const message = shortMessage(said === "" ? `exit code ${code}` : `exit code ${code}: ${said}`);
    return { type: "failed", exitCode: code, message };
  }

  #killGroup(reason: string): void {
    if (this.#process === null || this.#groupEnded) return;
    if (reason !== "") this.#host.output.note(`killed: ${reason}`);
    signalGroup(this.#process.pid, "SIGKILL");
  }

  #remove(folder: string): void {
    removeScriptFolder(folder).catch((error: unknown) => {
      this.#surroundings.logger.warn({ err: error, folder }, "the folder of a script cannot be removed");
    });
  }
}
