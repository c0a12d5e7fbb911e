import {
  type EnqueuedView,
  type TaskKind,
  TaskKind as TaskKinds,
  type TaskRequestInput,
} from "@berth/protocol";
import { Argument, type Command } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { followAndExit, progressFollower, scriptFollower } from "../follow.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseTime } from "../parse/time.ts";
import { workText } from "../print/work.ts";
import { addTaskOptions, type TaskOptions, targetOption } from "../task-request/options.ts";
import { taskRequestOf } from "../task-request/request.ts";

interface EnqueueOptions extends TaskOptions {
  readonly parent?: string;
  readonly notBefore?: Date;
  readonly key?: string;
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
    .addArgument(new Argument("<kind>", "what sort of task it is").choices(TaskKinds.options))
    .addOption(targetOption().makeOptionMandatory());
  addTaskOptions(command)
    .option("--requested-by <who>", "who wants it (default: the user of the operating system)")
    .option("--parent <task>", "the task whose child it is; it must not have ended")
    .option("--not-before <time>", "start no sooner, e.g. 22:00 or +2h", (text) =>
      parseTime(text, clock.now(), "next"),
    )
    .option("--key <key>", "the idempotency key: the same again gives the same task")
    .option("--wait", "show states, log and reasons for waiting until it has ended, and exit by its outcome")
    .option("--follow", "show only what its script writes until it has ended, and exit by its outcome")
    .action(act(enqueue));
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

async function requestOf(
  kind: TaskKind,
  options: EnqueueOptions,
  { stdin, user }: Dependencies,
): Promise<TaskRequestInput> {
  return {
    ...(await taskRequestOf(kind, options, stdin)),
    requestedBy: options.requestedBy ?? user,
    parent: options.parent,
    notBefore: options.notBefore?.toISOString(),
    idempotencyKey: options.key,
  };
}

function enqueuedLines({ id, existing, joined }: EnqueuedView, request: TaskRequestInput): string[] {
  const what = workText(request);
  return [
    existing ? `${id} was enqueued before with this key: ${what}` : `Enqueued ${id}: ${what}`,
    ...(joined === null
      ? []
      : [`An equal check waits already; the result of leg ${joined} is its result too.`]),
  ];
}
