import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Trial, TrialResult } from "./trial.ts";

const program = fileURLToPath(new URL("trial.ts", import.meta.url));

/** Runs a trial in a process of its own. Rejects where it cannot be run: a mutant that does not apply is no result. */
export async function runTrial(trial: Trial, secondsMax: number): Promise<TrialResult> {
  const child = spawn(process.execPath, [program, JSON.stringify(trial)], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: secondsMax * 1_000,
    killSignal: "SIGKILL",
  });
  const [[code, signal], output, errors] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (signal === "SIGKILL") {
    const crash = `no verdict within ${secondsMax} s`;
    return { finding: null, crash, seedsTried: 0 };
  }
  if (code !== 0)
    throw new Error(errors.trim() === "" ? `the trial ended with ${String(code)}` : errors.trim());
  return JSON.parse(output) as TrialResult;
}
