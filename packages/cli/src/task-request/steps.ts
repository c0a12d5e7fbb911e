import type { ScheduledTaskRequestInput } from "@berth/protocol";
import type { Dependencies } from "../dependencies.ts";
import { UsageError } from "../error-lines.ts";
import { jsonOfFile } from "../input-file.ts";

type Steps = NonNullable<ScheduledTaskRequestInput["steps"]>;

/**
 * The steps in a file. What is wrong inside of one of them the server tells, with its place, e.g. `steps[1].script.text`: it
 * knows best what it takes.
 */
export async function stepsOfFile(file: string, stdin: Dependencies["stdin"]): Promise<Steps> {
  const steps = await jsonOfFile(file, "steps file", stdin);
  if (!Array.isArray(steps)) throw wrong("the whole of it", steps, "a list of steps");
  if (steps.length === 0) throw wrong("the list", steps, "at least one step");
  for (const [index, step] of steps.entries()) {
    if (typeof step !== "object" || step === null || Array.isArray(step)) {
      throw wrong(`steps[${index}]`, step, "a step");
    }
  }
  return steps as Steps;
}

const example = '[{"name": "stop", "script": {"text": "./stop.sh"}}]';

function wrong(place: string, value: unknown, expected: string): UsageError {
  const shown = Array.isArray(value) ? `a list of ${value.length}` : typeOf(value);
  return new UsageError(`The steps file is wrong: ${place} is ${shown}; expected ${expected}.`, {
    remedy: `A steps file is like ${example}`,
  });
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
