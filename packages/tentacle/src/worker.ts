// The thread of one handler: runs it, says what became of it, and ends. It loads nothing that it does not need.
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { abortError } from "./abort-error.ts";
import {
  type AbortMessage,
  type HandlerContext,
  type HandlerFunction,
  isHandlerFailed,
  type ThreadData,
  type ThreadMessage,
} from "./handler.ts";

const { module, export: exportName, facts } = workerData as ThreadData;
const abort = new AbortController();

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

async function run(): Promise<ThreadMessage> {
  try {
    const handler = await load();
    const context: HandlerContext = {
      ...facts,
      signal: abort.signal,
      log: (text) => tell({ type: "log", text: String(text) }),
    };
    const { exitCode } = (await handler(context)) ?? {};
    return exitCode === undefined ? { type: "returned" } : { type: "returned", exitCode };
  } catch (thrown) {
    return messageOf(thrown);
  }
}

async function load(): Promise<HandlerFunction> {
  const exported = ((await import(module)) as Record<string, unknown>)[exportName];
  if (typeof exported === "function") return exported as HandlerFunction;
  throw new TypeError(`the module ${module} exports no function "${exportName}"`);
}

function messageOf(thrown: unknown): ThreadMessage {
  if (isHandlerFailed(thrown)) return { type: "failed", exitCode: thrown.exitCode, message: thrown.message };
  if (!(thrown instanceof Error)) {
    return {
      type: "threw",
      name: "NonErrorThrown",
      message: `${typeof thrown}: ${String(thrown)}`,
      stack: null,
    };
  }
  const { name, message, stack = null } = thrown;
  return { type: "threw", name, message, stack };
}

parentPort?.on("message", ({ reason }: AbortMessage) => abort.abort(abortError(reason)));
tell(await run());
process.exit();
