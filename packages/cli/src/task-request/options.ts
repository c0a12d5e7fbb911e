import { type Plan, type ScheduledTaskRequestInput, SlotScope } from "@berth/protocol";
import { type Command, Option } from "commander";
import { parseDuration } from "../parse/duration.ts";
import {
  collected,
  listOf,
  oneOf,
  type Pair,
  parseCount,
  parseJson,
  parsePair,
  parseWholeNumber,
} from "../parse/value.ts";

const priorities = ["high", "normal", "low"] as const;

/** What is said of a task wherever one is asked for: to be enqueued at once, or by a schedule. */
export interface TaskOptions {
  readonly target?: readonly string[];
  readonly name?: string;
  readonly scriptFile?: string;
  readonly script?: string;
  readonly interpreter?: string;
  readonly arg?: readonly string[];
  readonly handler?: string;
  readonly input?: NonNullable<ScheduledTaskRequestInput["handler"]>["input"];
  readonly stepsFile?: string;
  readonly slotScope?: Plan["slotScope"];
  readonly variable?: readonly Pair[];
  readonly label?: readonly Pair[];
  readonly requestedBy?: string;
  readonly window?: number;
  readonly failuresMax?: number;
  readonly together?: boolean;
  readonly spread?: number;
  readonly semaphore?: readonly string[];
  readonly supersedes?: string;
  readonly mutex?: string;
  readonly priority?: (typeof priorities)[number];
  readonly queueExpiry?: number;
  readonly timeout?: number;
  readonly estimate?: number;
  readonly cancelGrace?: number;
}

export function addTaskOptions(command: Command): Command {
  addWhat(command);
  addPlan(command);
  return addLimits(command);
}

/** Where it runs; a command that cannot do without it makes it mandatory. */
export function targetOption(): Option {
  return new Option("--target <name>", "where it runs (repeatable)").argParser(collected(String));
}

/** What runs is one of these, so that nobody has to guess which of two is meant. */
const works = ["script", "scriptFile", "handler", "stepsFile"];

function work(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.conflicts(works.filter((name) => name !== option.attributeName()));
}

function addWhat(command: Command): void {
  command
    .option("--name <name>", "what is deployed, run or checked, e.g. shop")
    .addOption(work("--script-file <file>", "the script, - for stdin"))
    .addOption(work("--script <text>", "the script itself"))
    .option("--interpreter <program>", "what runs the script, e.g. python3 (default: bash)")
    .option(
      "--arg <text>",
      "an argument for the script (repeatable; --arg=-x for one with a dash)",
      collected(String),
    )
    .addOption(work("--handler <name>", "a handler of the tentacle in place of a script"))
    .option("--input <json>", "what the handler gets", parseJson)
    .addOption(work("--steps-file <file>", "its steps in place of a script, a list in JSON, - for stdin"))
    .option(
      "--slot-scope <scope>",
      `${listOf(SlotScope.options)}: how long the slot is held (default: task)`,
      oneOf(SlotScope.options),
    )
    .option("--variable <name=value>", "an environment variable (repeatable)", collected(parsePair))
    .option("--label <name=value>", "what to find it by (repeatable)", collected(parsePair));
}

function addPlan(command: Command): void {
  command
    .option("--window <number>", "be unfinished on at most so many targets at once", parseWholeNumber)
    .option(
      "--failures-max <number>",
      "begin on no further target after more failures (default: 0 with --window)",
      parseCount,
    )
    .addOption(
      new Option("--together", "start on all targets at one instant").conflicts([
        "window",
        "failuresMax",
        "spread",
      ]),
    )
    .option("--spread <duration>", "spread the starts on its targets over so long, e.g. 10m", parseDuration)
    .option("--semaphore <name>", "run only with a permit of it (repeatable)", collected(String))
    .option("--supersedes <key>", "cancel older ones with this key that have not started");
}

function addLimits(command: Command): Command {
  return command
    .option("--mutex <name>", "the mutex of the target that it competes for (default: script)")
    .option("--priority <class>", "high, normal or low (default: normal)", oneOf(priorities))
    .option("--queue-expiry <duration>", "give up if it waits longer, e.g. 10m", parseDuration)
    .option("--timeout <duration>", "end an attempt that runs longer, e.g. 1h", parseDuration)
    .option("--estimate <duration>", "how long it will take, e.g. 5m", parseDuration)
    .option("--cancel-grace <duration>", "time to end by itself when canceled, e.g. 30s", parseDuration);
}
