// What tentacles say in a transcript. A report names the latest grant of the leg, unless the line says `session=` or `token=`. A leg is
// written as its task where that has one target (`started d1`), else with its number (`started d1.2`).
//
// A new session says which attempts it knows of as `knows=LEG:TOKEN:OUTCOME,…`; without an outcome the attempt still runs.
import type {
  AttemptOutcome,
  AttemptReport,
  ClaimCommand,
  Failure,
  KnownAttempt,
  OpenSessionCommand,
  ReportCommand,
} from "@berth/engine";
import type { Base, Scene } from "./command.ts";
import type { Line } from "./line.ts";

export function readSession(line: Line, base: Base, scene: Scene): OpenSessionCommand {
  const id = line.word("the id");
  return {
    ...base,
    type: "session.open",
    session: id,
    user: line.setting("user") ?? null,
    tentacle: line.setting("tentacle") ?? id.replace("s", "t"),
    version: line.setting("version") ?? "1.0",
    targets: line.list("targets"),
    capacity: line.number("capacity") ?? 10,
    succeeds: line.list("succeeds"),
    knows: line.list("knows").map((known) => readKnown(known, scene)),
  };
}

function readKnown(text: string, scene: Scene): KnownAttempt {
  const [, leg, token, outcome] = /^(.+?):(\d+-\d+)(?::(.+))?$/.exec(text) ?? [];
  if (leg === undefined || token === undefined)
    throw new Error(`"${text}" is not LEG:TOKEN or LEG:TOKEN:OUTCOME`);
  return {
    leg: legOf(leg),
    token: scene.tokenOf(token),
    outcome: outcome === undefined ? null : outcomeOfType(outcome as AttemptOutcome["type"], null),
  };
}

function legOf(text: string): string {
  return /\.\d+$/.test(text) ? text : `${text}.1`;
}

export function readClaim(line: Line, base: Base, scene: Scene): ClaimCommand {
  const leg = legOf(line.word("the task"));
  const token = line.setting("token");
  return {
    ...base,
    type: "claim",
    leg,
    session: line.setting("session") ?? "nobody",
    token: token === null ? scene.grantOf(leg).token : scene.tokenOf(token),
  };
}

export function readReport(
  read: (line: Line) => AttemptReport,
): (line: Line, base: Base, scene: Scene) => ReportCommand {
  return (line, base, scene) => {
    const leg = legOf(line.word("the task"));
    const token = line.setting("token");
    const session = line.setting("session");
    const grant = scene.grantOf(leg);
    return {
      ...base,
      type: "report",
      session: session ?? grant.session ?? "nobody",
      leg,
      token: token === null ? grant.token : scene.tokenOf(token),
      report: read(line),
    };
  };
}

export function failureOf(line: Line | null, type: string): Failure {
  return {
    type: line?.setting("type") ?? type,
    value: line?.setting("value") ?? "it broke",
    text: line?.setting("text") ?? null,
  };
}

export function outcomeOf(line: Line): AttemptOutcome {
  return outcomeOfType(line.word("the outcome") as AttemptOutcome["type"], line);
}

/** The details are in the settings of the line, where there is one. */
function outcomeOfType(type: AttemptOutcome["type"], line: Line | null): AttemptOutcome {
  switch (type) {
    case "succeeded":
      return { type, exitCode: line?.number("exit") ?? 0 };
    case "failed": {
      const exitCode = line?.number("exit") ?? 1;
      return { type, exitCode, message: line?.setting("message") ?? `exit code ${exitCode}` };
    }
    case "error":
      return { type, failure: failureOf(line, "HandlerError") };
    default:
      return { type };
  }
}

export function rejection(line: Line): AttemptReport {
  const reason = line.word("the reason");
  if (reason === "draining" || reason === "revoked") return { type: "rejected", reason };
  const failure = failureOf(line, "CannotProcess");
  return { type: "rejected", reason: reason as "unreadable" | "unsupported", failure };
}
