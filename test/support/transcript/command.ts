// The language of transcripts: each verb makes one command of the engine.
import type { AttemptOutcome, AttemptReport, Command, Failure, PriorityClass, TaskKind } from "@berth/engine";
import type { Line } from "./line.ts";
import { durationMs } from "./time.ts";

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

type Verb = (line: Line, scene: Scene) => Command;
type Base = Pick<Command, "id" | "at" | "random">;

function base(line: Line, scene: Scene): Base {
  return { id: scene.id, at: scene.at, random: line.number("random") ?? 0 };
}

const usualName: Readonly<Record<TaskKind, string>> = {
  deploy: "shop",
  runbook: "restart",
  "health-check": "ping",
  job: "report",
};

const submit: Verb = (line, scene) => {
  const id = line.word("the id");
  const kind = line.word("the kind") as TaskKind;
  const ended = line.setting("ended");
  const targets = line.word("the target").split(",");
  return {
    ...base(line, scene),
    type: "submit",
    ended: ended === null ? null : { digest: ended },
    task: {
      id,
      kind,
      name: line.setting("name") ?? usualName[kind],
      targets: targets[0] === "nothing" ? [] : targets,
      mutex: line.setting("mutex") ?? "script",
      priority: (line.setting("priority") ?? "normal") as PriorityClass,
      variables: line.group("var"),
      digest: line.setting("digest") ?? "",
      notBefore: line.moment("not-before"),
      queueExpiresAt: line.moment("expires"),
      timeoutMs: line.duration("timeout"),
      estimateMs: line.duration("estimate"),
      cancelGraceMs: line.duration("grace"),
    },
  };
};

const target: Verb = (line, scene) => {
  const id = line.word("the target");
  const numbers = (group: Record<string, string>): Record<string, number> =>
    Object.fromEntries(Object.entries(group).map(([kind, count]) => [kind, Number(count)]));
  const groups = {
    modes: line.group("mode"),
    attempts: numbers(line.group("attempts")),
    lanes: numbers(line.group("lane")),
    onUnknownResult: line.group("unknown"),
  };
  const policy = Object.fromEntries(
    Object.entries(groups).filter(([, group]) => Object.keys(group).length > 0),
  );
  if (line.setting("less-isolation") === "no") policy.allowLessIsolation = false as never;
  return { ...base(line, scene), type: "target.put", target: id, policy, tags: line.list("tags") };
};

const hold: Verb = (line, scene) => ({
  ...base(line, scene),
  type: "hold.place",
  hold: line.word("the id"),
  scope: {
    kinds: line.list("kinds") as TaskKind[],
    names: line.list("names"),
    targets: line.list("targets"),
    tags: line.list("tags"),
  },
  owner: line.setting("owner") ?? "anna",
  reason: line.setting("reason") ?? "db move",
  from: line.moment("from"),
  until: line.moment("until"),
});

const session: Verb = (line, scene) => {
  const id = line.word("the id");
  return {
    ...base(line, scene),
    type: "session.open",
    session: id,
    tentacle: line.setting("tentacle") ?? id.replace("s", "t"),
    version: line.setting("version") ?? "1.0",
    targets: line.list("targets"),
    capacity: line.number("capacity") ?? 10,
    succeeds: line.list("succeeds"),
  };
};

/** A report names the latest grant of the leg, unless the line says `session=` or `token=`. */
function report(read: (line: Line) => AttemptReport): Verb {
  return (line, scene) => {
    const leg = `${line.word("the task")}.1`;
    const token = line.setting("token");
    const sessionId = line.setting("session");
    const grant = scene.grantOf(leg);
    return {
      ...base(line, scene),
      type: "report",
      session: sessionId ?? grant.session ?? "nobody",
      leg,
      token: token === null ? grant.token : scene.tokenOf(token),
      report: read(line),
    };
  };
}

function failureOf(line: Line, type: string): Failure {
  return {
    type: line.setting("type") ?? type,
    value: line.setting("value") ?? "it broke",
    text: line.setting("text"),
  };
}

function outcomeOf(line: Line): AttemptOutcome {
  const type = line.word("the outcome") as AttemptOutcome["type"];
  switch (type) {
    case "succeeded":
      return { type, exitCode: line.number("exit") ?? 0 };
    case "failed": {
      const exitCode = line.number("exit") ?? 1;
      return { type, exitCode, message: line.setting("message") ?? `exit code ${exitCode}` };
    }
    case "error":
      return { type, failure: failureOf(line, "HandlerError") };
    default:
      return { type };
  }
}

function rejection(line: Line): AttemptReport {
  const reason = line.word("the reason");
  if (reason === "draining" || reason === "revoked") return { type: "rejected", reason };
  const failure = failureOf(line, "CannotProcess");
  return { type: "rejected", reason: reason as "unreadable" | "unsupported", failure };
}

const claim: Verb = (line, scene) => {
  const leg = `${line.word("the task")}.1`;
  const token = line.setting("token");
  return {
    ...base(line, scene),
    type: "claim",
    leg,
    session: line.setting("session") ?? "nobody",
    token: token === null ? scene.grantOf(leg).token : scene.tokenOf(token),
  };
};

export const verbs: Readonly<Record<string, Verb>> = {
  submit,
  target,
  "remove-target": (line, scene) => ({
    ...base(line, scene),
    type: "target.remove",
    target: line.word("the target"),
  }),
  session,
  beat: (line, scene) => ({ ...base(line, scene), type: "session.beat", session: line.word("the session") }),
  drain: (line, scene) => ({
    ...base(line, scene),
    type: "session.drain",
    session: line.word("the session"),
  }),
  close: (line, scene) => ({
    ...base(line, scene),
    type: "session.close",
    session: line.word("the session"),
  }),
  claim,
  started: report(() => ({ type: "started" })),
  progress: report(() => ({ type: "progress" })),
  finished: report((line) => ({ type: "finished", outcome: outcomeOf(line) })),
  lost: report((line) => ({ type: "lost", failure: failureOf(line, "ScriptLost") })),
  reject: report(rejection),
  cancel: (line, scene) => ({
    ...base(line, scene),
    type: "cancel",
    task: line.word("the task"),
    by: line.setting("by") ?? "anna",
    reason: line.setting("reason") ?? "",
  }),
  prioritize: (line, scene) => ({
    ...base(line, scene),
    type: "prioritize",
    task: line.word("the task"),
    priority: line.word("the class") as PriorityClass,
  }),
  release: (line, scene) => ({
    ...base(line, scene),
    type: "release",
    task: line.word("the task"),
    by: line.setting("by") ?? "anna",
  }),
  discard: (line, scene) => ({
    ...base(line, scene),
    type: "discard",
    task: line.word("the task"),
    by: line.setting("by") ?? "anna",
    reason: line.setting("reason") ?? "",
  }),
  hold,
  lift: (line, scene) => ({
    ...base(line, scene),
    type: "hold.lift",
    hold: line.word("the hold"),
    by: line.setting("by") ?? "anna",
  }),
  "release-quarantine": (line, scene) => ({
    ...base(line, scene),
    type: "quarantine.release",
    target: line.word("the target"),
    mutex: line.optionalWord() ?? "script",
    by: line.setting("by") ?? "anna",
  }),
  resend: (line, scene) => ({ ...base(line, scene), type: "resend" }),
  paused: (line, scene) => ({
    ...base(line, scene),
    type: "paused",
    ms: durationMs(line.word("the duration")),
  }),
  tick: (line, scene) => ({ ...base(line, scene), type: "tick" }),
};
