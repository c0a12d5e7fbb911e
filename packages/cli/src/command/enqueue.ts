import { readFile } from "node:fs/promises";
import {
  type EnqueuedView,
  type TaskKind,
  TaskKind as TaskKinds,
  type TaskRequestInput,
} from "@berth/protocol";
import { Argument, type Command, Option } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { UsageError } from "../error-lines.ts";
import { followAndExit, progressFollower, scriptFollower } from "../follow.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseDuration } from "../parse/duration.ts";
import { parseTime } from "../parse/time.ts";
import { collected, oneOf, type Pair, parseJson, parsePair, recordOf } from "../parse/value.ts";

const priorities = ["high", "normal", "low"] as const;

type Input = NonNullable<TaskRequestInput["handler"]>["input"];

interface EnqueueOptions {
  readonly target: readonly string[];
  readonly name?: string;
  readonly scriptFile?: string;
  readonly script?: string;
  readonly interpreter?: string;
  readonly arg?: readonly string[];
  readonly handler?: string;
  readonly input?: Input;
  readonly variable?: readonly Pair[];
  readonly mutex?: string;
  readonly priority?: (typeof priorities)[number];
  readonly notBefore?: Date;
  readonly queueExpiry?: number;
  readonly timeout?: number;
  readonly estimate?: number;
  readonly cancelGrace?: number;
  readonly key?: string;
  readonly label?: readonly Pair[];
  readonly requestedBy?: string;
  readonly wait?: boolean;
  readonly follow?: boolean;
}

export function addEnqueue(program: Command, act: Act, { clock }: Dependencies): void {
  const command = program
    .command("enqueue")
    .summary("enqueue a task")
    .description(
      "Enqueues a task. Sent again after an error of the network, it is still enqueued once; with --key also when the command is called again.",
    )
    .addArgument(new Argument("<kind>", "what sort of task it is").choices(TaskKinds.options));
  addWhat(command);
  addLimits(command, () => clock.now());
  command
    .option("--wait", "show states, log and reasons for waiting until it has ended, and exit by its outcome")
    .option("--follow", "show only what its script writes until it has ended, and exit by its outcome")
    .action(act(enqueue));
}

function addWhat(command: Command): void {
  command
    .requiredOption("--target <name>", "where it runs", collected(String))
    .option("--name <name>", "what is deployed, run or checked, e.g. shop")
    .addOption(new Option("--script-file <file>", "the script, - for stdin").conflicts(["script", "handler"]))
    .addOption(new Option("--script <text>", "the script itself").conflicts(["scriptFile", "handler"]))
    .option("--interpreter <program>", "what runs the script, e.g. python3 (default: bash)")
    .option(
      "--arg <text>",
      "an argument for the script (repeatable; --arg=-x for one with a dash)",
      collected(String),
    )
    .addOption(
      new Option("--handler <name>", "a handler of the tentacle in place of a script").conflicts([
        "script",
        "scriptFile",
      ]),
    )
    .option("--input <json>", "what the handler gets", parseJson)
    .option("--variable <name=value>", "an environment variable (repeatable)", collected(parsePair))
    .option("--label <name=value>", "what to find it by (repeatable)", collected(parsePair))
    .option("--requested-by <who>", "who wants it (default: the user of the operating system)");
}

function addLimits(command: Command, now: () => number): void {
  command
    .option("--mutex <name>", "the mutex of the target that it competes for (default: script)")
    .option("--priority <class>", "high, normal or low (default: normal)", oneOf(priorities))
    .option("--not-before <time>", "start no sooner, e.g. 22:00 or +2h", (text) =>
      parseTime(text, now(), "next"),
    )
    .option("--queue-expiry <duration>", "give up if it waits longer, e.g. 10m", parseDuration)
    .option("--timeout <duration>", "end an attempt that runs longer, e.g. 1h", parseDuration)
    .option("--estimate <duration>", "how long it will take, e.g. 5m", parseDuration)
    .option("--cancel-grace <duration>", "time to end by itself when canceled, e.g. 30s", parseDuration)
    .option("--key <key>", "the idempotency key: the same again gives the same task");
}

async function enqueue(
  invocation: Invocation,
  kind: TaskKind,
  options: EnqueueOptions,
): Promise<number | undefined> {
  const request = await requestOf(kind, options, invocation.dependencies);
  const enqueued = await invocation.client.enqueue(request);
  const waits = options.wait === true || options.follow === true;
  if (!waits) {
    invocation.answer(enqueued, () => enqueuedLines(enqueued, request));
    return undefined;
  }
  if (options.follow === true) return followAndExit(invocation, enqueued.id, scriptFollower(invocation));
  for (const line of enqueuedLines(enqueued, request)) invocation.note(line);
  return followAndExit(invocation, enqueued.id, progressFollower(invocation));
}

function enqueuedLines({ id, existing, joined }: EnqueuedView, request: TaskRequestInput): string[] {
  const { kind, name, target, targets = [] } = request;
  const what = `${name === undefined ? kind : `${kind} ${name}`} on ${target ?? targets.join(", ")}`;
  return [
    existing ? `${id} was enqueued before with this key: ${what}` : `Enqueued ${id}: ${what}`,
    ...(joined === null
      ? []
      : [`An equal check waits already; the result of leg ${joined} is its result too.`]),
  ];
}

async function requestOf(
  kind: TaskKind,
  options: EnqueueOptions,
  dependencies: Dependencies,
): Promise<TaskRequestInput> {
  const { target, handler, input, notBefore, key, label, variable } = options;
  const [first] = target;
  if (handler === undefined && input !== undefined) throw new UsageError("--input needs --handler.");
  return {
    kind,
    ...(target.length === 1 && first !== undefined ? { target: first } : { targets: [...target] }),
    name: options.name,
    script: await scriptOf(options, dependencies.stdin),
    handler: handler === undefined ? undefined : { name: handler, input },
    variables: variable === undefined ? undefined : recordOf(variable),
    mutex: options.mutex,
    priority: options.priority,
    notBefore: notBefore?.toISOString(),
    queueExpiryMs: options.queueExpiry,
    timeoutMs: options.timeout,
    estimateMs: options.estimate,
    cancelGraceMs: options.cancelGrace,
    idempotencyKey: key,
    labels: label === undefined ? undefined : recordOf(label),
    requestedBy: options.requestedBy ?? dependencies.user,
  };
}

async function scriptOf(
  { script, scriptFile, interpreter, arg }: EnqueueOptions,
  stdin: Dependencies["stdin"],
): Promise<TaskRequestInput["script"]> {
  const text = scriptFile === undefined ? script : await textOf(scriptFile, stdin);
  if (text === undefined) {
    if (interpreter === undefined && arg === undefined) return undefined;
    throw new UsageError("--interpreter and --arg need --script-file or --script.");
  }
  return { text, interpreter, arguments: arg === undefined ? undefined : [...arg] };
}

async function textOf(file: string, stdin: Dependencies["stdin"]): Promise<string> {
  if (file === "-") return textOfStream(stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`The script ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

async function textOfStream(stdin: Dependencies["stdin"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks).toString("utf8");
}
