import {
  type ScheduleRequestInput,
  ScheduleSpec,
  type TaskKind,
  TaskKind as TaskKinds,
} from "@berth/protocol";
import { Argument, type Command, Option } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { UsageError } from "../error-lines.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseDuration } from "../parse/duration.ts";
import { parseTime } from "../parse/time.ts";
import { listOf, oneOf } from "../parse/value.ts";
import { scheduleSentence } from "../print/schedule.ts";
import { requestOfFile } from "../schedule-request.ts";
import { addTaskOptions, type TaskOptions, targetOption } from "../task-request/options.ts";
import { taskRequestOf } from "../task-request/request.ts";

const missedRules = ScheduleSpec.shape.missed.options;
const overlapRules = ScheduleSpec.shape.overlap.options;

interface PutOptions extends TaskOptions {
  readonly every?: number;
  readonly anchor?: Date;
  readonly cron?: string;
  readonly timeZone?: string;
  readonly owner?: string;
  readonly missed?: (typeof missedRules)[number];
  readonly overlap?: (typeof overlapRules)[number];
  readonly paused?: boolean;
  readonly file?: string;
}

export function addPutSchedule(schedule: Command, act: Act, { clock }: Dependencies): void {
  const command = schedule
    .command("put")
    .summary("make one, or replace all that it says")
    .description(
      "Makes a schedule, or replaces all that it says. KIND and the options of berth enqueue say what it enqueues; or a file says all.",
    )
    .argument("<schedule>", "its name")
    .addArgument(new Argument("[kind]", "what sort of task it enqueues").choices(TaskKinds.options))
    .addOption(
      new Option("--every <duration>", "how often, e.g. 10m")
        .argParser(parseDuration)
        .conflicts(["cron", "timeZone"]),
    )
    .option("--anchor <time>", "with --every: one of its times, e.g. 22:00 (default: now)", (text) =>
      parseTime(text, clock.now(), "next"),
    )
    .addOption(
      new Option("--cron <expression>", 'when, e.g. "30 3 * * 1-5" or @daily').conflicts(["every", "anchor"]),
    )
    .option("--time-zone <name>", "with --cron: whose clock, e.g. Europe/Berlin (default: UTC)")
    .option("--owner <who>", "whom one may ask about it (default: the user of the operating system)")
    .option(
      "--missed <rule>",
      `${listOf(missedRules)}, for times at which nobody was there (default: skip)`,
      oneOf(missedRules),
    )
    .option(
      "--overlap <rule>",
      `${listOf(overlapRules)}, while the run before has not ended (default: skip)`,
      oneOf(overlapRules),
    )
    .option("--paused", "enqueue nothing until it is resumed")
    .option("--file <file>", "a file in JSON that says all of it, - for stdin")
    .addOption(targetOption());
  addTaskOptions(command)
    .option("--requested-by <who>", "who wants what it enqueues")
    .action(act(putSchedule));
}

async function putSchedule(
  invocation: Invocation,
  name: string,
  kind: TaskKind | undefined,
  options: PutOptions,
): Promise<undefined> {
  const { dependencies, client } = invocation;
  const request =
    options.file === undefined
      ? await requestOf(kind, options, dependencies)
      : await requestOfFile(fileAlone(options.file, kind, options), dependencies.stdin);
  const schedule = await client.schedules.put(name, request);
  invocation.answer(schedule, () => [scheduleSentence(schedule, invocation.now)]);
}

/** What is said twice might be said in two ways. */
function fileAlone(file: string, kind: TaskKind | undefined, { file: _file, ...others }: PutOptions): string {
  if (kind === undefined && Object.keys(others).length === 0) return file;
  throw new UsageError("--file says all of the schedule: leave out KIND and the other options.");
}

async function requestOf(
  kind: TaskKind | undefined,
  options: PutOptions,
  { stdin, user }: Dependencies,
): Promise<ScheduleRequestInput> {
  const { every, anchor, cron, timeZone, missed, overlap, paused, owner = user } = options;
  if (kind === undefined) {
    throw new UsageError(
      `What does it enqueue? Give KIND, which is ${listOf(TaskKinds.options)}, or --file.`,
    );
  }
  if (every === undefined && cron === undefined) {
    throw new UsageError("When does it enqueue? Give --every or --cron.");
  }
  if (options.target === undefined) throw new UsageError("Where does it run? Give --target.");
  return {
    everyMs: every,
    anchor: anchor?.toISOString(),
    cron,
    timeZone,
    missed,
    overlap,
    paused,
    owner,
    task: await taskRequestOf(kind, options, stdin),
  };
}
