import { Mode, type TargetPolicy, TaskKind } from "@berth/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { collected, listOf, oneOf, parsePair, parseWholeNumber } from "./parse/value.ts";

/** A value of a policy for one kind; undefined: what is the default of that kind. */
interface KindValue<Value> {
  readonly kind: TaskKind;
  readonly value: Value | undefined;
}

const unknownResultRules = ["park", "retry"] as const;

export interface PolicyOptions {
  readonly mode?: readonly KindValue<Mode>[];
  readonly attempts?: readonly KindValue<number>[];
  readonly lane?: readonly KindValue<number>[];
  readonly unknownResult?: readonly KindValue<(typeof unknownResultRules)[number]>[];
  readonly lessIsolation?: "allow" | "refuse";
}

export function addPolicyOptions(command: Command): Command {
  return command
    .option("--mode <kind=mode>", `${listOf(Mode.options)} (repeatable)`, perKind(oneOf(Mode.options)))
    .option(
      "--attempts <kind=number>",
      "failed attempts until it is parked (repeatable)",
      perKind(parseWholeNumber),
    )
    .option(
      "--lane <kind=number>",
      "how many that bypass may run at once (repeatable)",
      perKind(parseWholeNumber),
    )
    .option(
      "--unknown-result <kind=rule>",
      "park or retry, when nobody knows how it ended (repeatable)",
      perKind(oneOf(unknownResultRules)),
    )
    .option(
      "--less-isolation <rule>",
      "allow or refuse that a task asks for less isolation",
      oneOf(["allow", "refuse"]),
    );
}

/** The policy with what the options say put into it; `KIND=default` takes a value out again. */
export function changedPolicy(policy: TargetPolicy, options: PolicyOptions): TargetPolicy {
  const modes = changed(policy.modes, options.mode);
  const attempts = changed(policy.attempts, options.attempts);
  const lanes = changed(policy.lanes, options.lane);
  const onUnknownResult = changed(policy.onUnknownResult, options.unknownResult);
  const allowed = options.lessIsolation;
  const allowLessIsolation = allowed === undefined ? policy.allowLessIsolation : allowed === "allow";
  return {
    ...(modes === undefined ? {} : { modes }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(lanes === undefined ? {} : { lanes }),
    ...(onUnknownResult === undefined ? {} : { onUnknownResult }),
    ...(allowLessIsolation === undefined ? {} : { allowLessIsolation }),
  };
}

export function changesPolicy(options: PolicyOptions): boolean {
  const { mode, attempts, lane, unknownResult, lessIsolation } = options;
  return [mode, attempts, lane, unknownResult, lessIsolation].some((option) => option !== undefined);
}

type PerKind<Value> = { readonly [Kind in TaskKind]?: Value | undefined };

function changed<Value>(
  before: PerKind<Value> | undefined,
  changes: readonly KindValue<Value>[] = [],
): { [Kind in TaskKind]?: Value } | undefined {
  const after = new Map<TaskKind, Value | undefined>();
  for (const kind of TaskKind.options) after.set(kind, before?.[kind]);
  for (const { kind, value } of changes) after.set(kind, value);
  const entries = [...after].filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as { [Kind in TaskKind]?: Value });
}

function perKind<Value>(parse: (text: string) => Value) {
  return collected((text): KindValue<Value> => {
    const { name, value } = parsePair(text);
    const kind = TaskKind.options.find((each) => each === name);
    if (kind === undefined) {
      throw new InvalidArgumentError(`Expected KIND=VALUE, where KIND is ${listOf(TaskKind.options)}.`);
    }
    return { kind, value: value === "default" ? undefined : parse(value) };
  });
}
