// The language of transcripts: each verb makes one command of the engine.
//
// How tasks are written stands in ./task.ts, what tentacles say in ./tentacle.ts. Times are `+5s` after the start of the transcript,
// durations `250ms`, `5min`; the task of a schedule is named with the time of its run, e.g. `nightly:+1h`.
import type { Command, HoldScope, PriorityClass, ScheduleTimes, TargetPolicy, TaskKind } from "@berth/engine";
import type { Line } from "./line.ts";
import { readScheduledTask, readSubmit } from "./task.ts";
import { failureOf, outcomeOf, readClaim, readReport, readSession, rejection } from "./tentacle.ts";
import { durationMs, startAt } from "./time.ts";

/** The grant that a tentacle knows of: it is what its reports name, if the line does not name another. */
export interface Grant {
  readonly session: string | null;
  readonly token: string;
}

/** What the verbs need to know. */
export interface Scene {
  readonly id: string;
  readonly at: number;
  /** The latest grant of a leg. */
  grantOf(leg: string): Grant;
  /** The token that is written as `1-3` in transcripts. */
  tokenOf(short: string): string;
}

export type Base = Pick<Command, "id" | "at" | "random">;
type Verb = (line: Line, base: Base, scene: Scene) => Command;

export function commandOf(verb: string, line: Line, scene: Scene): Command {
  const build = verbs[verb];
  if (build === undefined) throw new Error(`"${line.text}": there is no verb ${verb}`);
  return build(line, { id: scene.id, at: scene.at, random: line.number("random") ?? 0 }, scene);
}

const target: Verb = (line, base) => ({
  ...base,
  type: "target.put",
  target: line.word("the target"),
  policy: readPolicy(line),
  tags: line.list("tags"),
  users: line.list("users"),
});

function readPolicy(line: Line): TargetPolicy {
  const numbers = (group: Record<string, string>): Record<string, number> =>
    Object.fromEntries(Object.entries(group).map(([kind, count]) => [kind, Number(count)]));
  const groups = {
    modes: line.group("mode"),
    attempts: numbers(line.group("attempts")),
    lanes: numbers(line.group("lane")),
    onUnknownResult: line.group("unknown"),
  };
  const policy: TargetPolicy = Object.fromEntries(
    Object.entries(groups).filter(([, group]) => Object.keys(group).length > 0),
  );
  return line.setting("less-isolation") === "no" ? { ...policy, allowLessIsolation: false } : policy;
}

export function readScope(line: Line): HoldScope {
  return {
    kinds: line.list("kinds") as TaskKind[],
    names: line.list("names"),
    targets: line.list("targets"),
    tags: line.list("tags"),
  };
}

const hold: Verb = (line, base) => ({
  ...base,
  type: "hold.place",
  hold: line.word("the id"),
  scope: readScope(line),
  owner: line.setting("owner") ?? "anna",
  reason: line.setting("reason") ?? "db move",
  from: line.moment("from"),
  until: line.moment("until"),
  longerThanMs: line.duration("longer-than"),
});

const schedule: Verb = (line, base) => ({
  ...base,
  type: "schedule.put",
  schedule: line.word("the id"),
  spec: {
    times: readTimes(line),
    missed: (line.setting("missed") ?? "skip") as "skip" | "once",
    overlap: (line.setting("overlap") ?? "skip") as "skip" | "queue",
    paused: line.setting("paused") === "yes",
    owner: line.setting("owner") ?? "anna",
    task: readScheduledTask(line),
    payload: "{}",
  },
});

/** `every=1h anchor=+5min`, or `cron="…" zone=UTC`: what the calendar of the stage understands. */
function readTimes(line: Line): ScheduleTimes {
  const expression = line.setting("cron");
  if (expression !== null) return { type: "cron", expression, timeZone: line.setting("zone") ?? "UTC" };
  const everyMs = durationMs(line.setting("every") ?? "none");
  return { type: "every", everyMs, anchorAt: line.moment("anchor") ?? startAt };
}

const semaphore: Verb = (line, base) => {
  const id = line.word("the semaphore");
  const limit = line.word("the limit");
  return { ...base, type: "semaphore.put", semaphore: id, limit: limit === "unset" ? null : Number(limit) };
};

/** Who gives an order, and why. */
function order(line: Line): { task: string; by: string; reason: string } {
  return {
    task: line.word("the task"),
    by: line.setting("by") ?? "anna",
    reason: line.setting("reason") ?? "",
  };
}

const verbs: Readonly<Record<string, Verb>> = {
  submit: readSubmit,
  target,
  "remove-target": (line, base) => ({ ...base, type: "target.remove", target: line.word("the target") }),
  session: readSession,
  beat: (line, base) => ({ ...base, type: "session.beat", session: line.word("the session") }),
  drain: (line, base) => ({ ...base, type: "session.drain", session: line.word("the session") }),
  close: (line, base) => ({ ...base, type: "session.close", session: line.word("the session") }),
  claim: readClaim,
  started: readReport(() => ({ type: "started" })),
  progress: readReport(() => ({ type: "progress" })),
  finished: readReport((line) => ({ type: "finished", outcome: outcomeOf(line) })),
  lost: readReport((line) => ({ type: "lost", failure: failureOf(line, "ScriptLost") })),
  reject: readReport(rejection),
  cancel: (line, base) => ({ ...base, type: "cancel", ...order(line) }),
  prioritize: (line, base) => ({
    ...base,
    type: "prioritize",
    task: line.word("the task"),
    priority: line.word("the class") as PriorityClass,
  }),
  release: (line, base) => {
    const { task, by } = order(line);
    return { ...base, type: "release", task, by };
  },
  discard: (line, base) => ({ ...base, type: "discard", ...order(line) }),
  decide: (line, base) => ({
    ...base,
    type: "decide",
    ...order(line),
    result: line.word("the result") as "succeeded" | "failed",
  }),
  semaphore,
  schedule,
  unschedule: (line, base) => ({
    ...base,
    type: "schedule.remove",
    schedule: line.word("the schedule"),
  }),
  hold,
  lift: (line, base) => ({
    ...base,
    type: "hold.lift",
    hold: line.word("the hold"),
    by: line.setting("by") ?? "anna",
  }),
  "release-quarantine": (line, base) => ({
    ...base,
    type: "quarantine.release",
    target: line.word("the target"),
    mutex: line.optionalWord() ?? "script",
    by: line.setting("by") ?? "anna",
  }),
  resend: (_line, base) => ({ ...base, type: "resend" }),
  paused: (line, base) => ({ ...base, type: "paused", ms: durationMs(line.word("the duration")) }),
  tick: (line, base) => {
    const heardUntil = line.moment("heard");
    return { ...base, type: "tick", ...(heardUntil === null ? {} : { heardUntil }) };
  },
};
