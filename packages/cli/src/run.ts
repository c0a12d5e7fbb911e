import { BerthRequestError } from "@berth/client";
import { CommanderError } from "commander";
import type { Dependencies } from "./dependencies.ts";
import { linesOfError, UsageError } from "./error-lines.ts";
import { exit, exitCodeOfError } from "./exit-code.ts";
import { buildProgram } from "./program.ts";

/** Runs the command with its arguments, without `node` and its own name. Resolves with the exit code; never rejects. */
export async function run(commandArguments: readonly string[], dependencies: Dependencies): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(dependencies, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(commandArguments, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help and version come as errors too; help that nobody asked for means that something is missing.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok.code : exit.usage.code;
    return tell(error, dependencies);
  }
}

function tell(error: unknown, { stderr, env }: Dependencies): number {
  for (const line of linesOfError(error)) stderr.write(`${line}\n`);
  if (env.BERTH_DEBUG === "1" && error instanceof Error) stderr.write(`${withCauses(error)}\n`);
  if (error instanceof BerthRequestError) return exitCodeOfError(error);
  if (error instanceof UsageError) return exit.usage.code;
  stderr.write("That is a defect in this command; BERTH_DEBUG=1 shows where.\n");
  return exit.defect.code;
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${withCauses(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
