import { Worker } from "node:worker_threads";
import type { AttemptOutcome, Handler as HandlerCall } from "@berth/protocol";
import { Deadline } from "./deadline.ts";
import type { Execution, ExecutionHost } from "./execution.ts";
import { failure, failureOf, shortMessage } from "./failure.ts";
import {
  type AbortMessage,
  type HandlerModule,
  handlerFacts,
  type ThreadData,
  type ThreadMessage,
} from "./handler.ts";
import { outcomeOfResult } from "./handler-outcome.ts";

const threadProgram = new URL("./worker.ts", import.meta.url);

/** A handler that runs in a thread of its own. */
export class HandlerThreadExecution implements Execution {
  readonly #host: ExecutionHost;
  #worker: Worker | null = null;
  #outcome: AttemptOutcome | null = null;
  #ended = false;
  #terminated: string | null = null;
  readonly #deadline: Deadline = new Deadline();

  constructor(host: ExecutionHost, handler: HandlerModule, input: HandlerCall["input"]) {
    this.#host = host;
    if (host.begin(null)) this.#run(handler, input);
  }

  end(graceMs: number, reason: string): boolean {
    if (this.#ended || this.#outcome !== null) return false;
    const message: AbortMessage = { type: "abort", reason };
    this.#worker?.postMessage(message);
    this.#deadline.set(graceMs, () => this.#terminate(reason));
    return true;
  }

  kill(): void {
    this.#terminate("the attempt is over for the server");
  }

  #run(handler: HandlerModule, input: HandlerCall["input"]): void {
    const workerData: ThreadData = {
      module: handler.module.href,
      export: handler.export ?? "default",
      facts: handlerFacts(this.#host.delivery, input),
    };
    try {
      this.#worker = this.#launch(workerData, handler.memoryMiBMax);
    } catch (error) {
      this.#end({ type: "error", failure: failureOf(error) });
    }
  }

  #launch(workerData: ThreadData, memoryMiBMax: number | undefined): Worker {
    const { output } = this.#host;
    // The options of this process may load what a handler must not have, such as a test runner.
    const options = { workerData, execArgv: [], stdout: true, stderr: true };
    const resourceLimits = memoryMiBMax === undefined ? {} : { maxOldGenerationSizeMb: memoryMiBMax };
    const worker = new Worker(threadProgram, { ...options, resourceLimits });
    worker.stdout.on("data", (chunk: Buffer) => output.write("stdout", chunk));
    worker.stderr.on("data", (chunk: Buffer) => output.write("stderr", chunk));
    worker.on("message", (message: ThreadMessage) => this.#receive(message));
    worker.once("error", (error: Error) => {
      this.#outcome ??= crashed(error.message, error.stack ?? null);
    });
    worker.once("exit", (code) => {
      const value = this.#terminated ?? `its thread ended with code ${code} and without a result`;
      // What it wrote is read one turn later.
      setImmediate(() => this.#end(this.#outcome ?? crashed(value, output.tail)));
    });
    return worker;
  }

  #receive(message: ThreadMessage): void {
    if (message.type === "log") this.#host.output.log(message.text);
    else this.#outcome ??= outcomeOf(message);
  }

  #end(outcome: AttemptOutcome): void {
    this.#ended = true;
    this.#deadline.clear();
    this.#host.finished(outcome);
  }

  #terminate(reason: string): void {
    if (this.#ended) return;
    this.#terminated = reason;
    void this.#worker?.terminate();
  }
}

function outcomeOf(message: Exclude<ThreadMessage, { type: "log" }>): AttemptOutcome {
  switch (message.type) {
    case "returned":
      return outcomeOfResult(message);
    case "failed":
      return { type: "failed", exitCode: message.exitCode, message: shortMessage(message.message) };
    case "threw":
      return { type: "error", failure: failure(message.name, message.message, message.stack) };
  }
}

function crashed(value: string, text: string | null): AttemptOutcome {
  return { type: "error", failure: failure("HandlerCrashed", value, text) };
}
