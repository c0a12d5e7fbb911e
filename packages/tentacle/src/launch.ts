import type { Execution, ExecutionHost } from "./execution.ts";
import { failure } from "./failure.ts";
import type { Handler } from "./handler.ts";
import { HandlerCallExecution } from "./handler-call.ts";
import { HandlerThreadExecution } from "./handler-thread.ts";
import { ScriptExecution, type ScriptSurroundings } from "./script.ts";

export interface LaunchSurroundings {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly scripts: ScriptSurroundings;
  /** Who is there, for a health check that asks no more than that, and for a step that only waits for its children. */
  readonly presence: string;
}

/** Runs what the delivery brings; `null`: it has ended already, or cannot run. */
export function launch(host: ExecutionHost, surroundings: LaunchSurroundings): Execution | null {
  const { payload, step } = host.delivery;
  const work = step === null ? payload : payload.steps[step];
  if (work === undefined) {
    const value = `step ${(step ?? 0) + 1} is to be run, and the task has ${payload.steps.length}`;
    host.unsupported(failure("PayloadUnsupported", value));
    return null;
  }
  const { script, handler } = work;
  if (script !== null && handler !== null) {
    host.unsupported(failure("PayloadUnsupported", "the task has both a script and a handler"));
    return null;
  }
  if (script !== null) return new ScriptExecution(host, script, surroundings.scripts);
  if (handler === null) {
    provePresence(host, surroundings.presence);
    return null;
  }
  const registered = surroundings.handlers.get(handler.name);
  if (registered === undefined) {
    const known = [...surroundings.handlers.keys()].sort().join(", ") || "none";
    const value = `the tentacle has no handler "${handler.name}"; it has: ${known}`;
    host.unsupported(failure("HandlerUnknown", value));
    return null;
  }
  return typeof registered === "function"
    ? new HandlerCallExecution(host, registered, handler.input)
    : new HandlerThreadExecution(host, registered, handler.input);
}

function provePresence(host: ExecutionHost, presence: string): void {
  if (!host.begin(null)) return;
  host.output.note(presence);
  host.finished({ type: "succeeded", exitCode: null });
}
