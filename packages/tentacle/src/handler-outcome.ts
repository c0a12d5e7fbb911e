import type { AttemptOutcome } from "@berth/protocol";
import { failureOf, shortMessage } from "./failure.ts";
import { type HandlerResult, isHandlerFailed } from "./handler.ts";

/** A handler may be JavaScript, so what it returns is not trusted to be what its type says. */
export function outcomeOfResult(result: HandlerResult): AttemptOutcome {
  const exitCode = result?.exitCode;
  if (exitCode === undefined || exitCode === null) return { type: "succeeded", exitCode: null };
  if (exitCode === 0) return { type: "succeeded", exitCode: 0 };
  const message = shortMessage(`exit code ${exitCode}`);
  return { type: "failed", exitCode: Number.isSafeInteger(exitCode) ? exitCode : null, message };
}

export function outcomeOfThrown(thrown: unknown): AttemptOutcome {
  if (isHandlerFailed(thrown)) {
    const { exitCode, message } = thrown;
    return {
      type: "failed",
      exitCode: Number.isSafeInteger(exitCode) ? exitCode : null,
      message: shortMessage(message),
    };
  }
  return { type: "error", failure: failureOf(thrown) };
}
