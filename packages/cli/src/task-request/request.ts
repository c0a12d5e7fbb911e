import type { RolloutRequest, ScheduledTaskRequestInput, TaskKind } from "@berth/protocol";
import type { Dependencies } from "../dependencies.ts";
import { UsageError } from "../error-lines.ts";
import { textOfFile } from "../input-file.ts";
import { recordOf } from "../parse/value.ts";
import type { TaskOptions } from "./options.ts";
import { stepsOfFile } from "./steps.ts";

type Stdin = Dependencies["stdin"];

/** No more than what was given: what is left out is for the server to decide. */
export async function taskRequestOf(
  kind: TaskKind,
  options: TaskOptions,
  stdin: Stdin,
): Promise<ScheduledTaskRequestInput> {
  const { target: targets = [], stepsFile, variable, label, semaphore } = options;
  const [target] = targets;
  return {
    kind,
    ...(targets.length === 1 && target !== undefined ? { target } : { targets: [...targets] }),
    name: options.name,
    script: await scriptOf(options, stdin),
    handler: handlerOf(options),
    steps: stepsFile === undefined ? undefined : await stepsOfFile(stepsFile, stdin),
    slotScope: options.slotScope,
    variables: variable === undefined ? undefined : recordOf(variable),
    mutex: options.mutex,
    priority: options.priority,
    rollout: rolloutOf(options),
    semaphores: semaphore === undefined ? undefined : [...semaphore],
    supersedes: options.supersedes,
    spreadMs: options.spread,
    queueExpiryMs: options.queueExpiry,
    timeoutMs: options.timeout,
    estimateMs: options.estimate,
    cancelGraceMs: options.cancelGrace,
    labels: label === undefined ? undefined : recordOf(label),
    requestedBy: options.requestedBy,
  };
}

async function scriptOf(
  { script, scriptFile, interpreter, arg }: TaskOptions,
  stdin: Stdin,
): Promise<ScheduledTaskRequestInput["script"]> {
  const text = scriptFile === undefined ? script : await textOfFile(scriptFile, "script", stdin);
  if (text === undefined) {
    if (interpreter === undefined && arg === undefined) return undefined;
    throw new UsageError("--interpreter and --arg need --script-file or --script.");
  }
  return { text, interpreter, arguments: arg === undefined ? undefined : [...arg] };
}

function handlerOf({ handler, input }: TaskOptions): ScheduledTaskRequestInput["handler"] {
  if (handler !== undefined) return { name: handler, input };
  if (input !== undefined) throw new UsageError("--input needs --handler.");
  return undefined;
}

function rolloutOf({ together, window, failuresMax }: TaskOptions): RolloutRequest | undefined {
  if (together === true) return { type: "together" };
  if (window === undefined && failuresMax === undefined) return undefined;
  return { type: "rolling", window, failuresMax };
}
