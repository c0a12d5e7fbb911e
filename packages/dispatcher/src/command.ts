import { assertNever, type Command, type ScheduledTask, type TaskRequest } from "@berth/engine";
import type { InboxItem, ScheduledTask as ScheduledSubmission, Submission } from "@berth/protocol";

/** What every command brings besides what it says. */
interface Circumstances {
  readonly at: number;
  readonly random: number;
  /** The digest of a submitted task that has ended, from the store. */
  readonly endedDigest: string | null;
  /** The user that opens a session with it; `null`: it is trusted. */
  readonly opener: string | null;
  /** The users that may speak for a target. */
  readonly usersOf: (target: string, named: readonly string[] | undefined) => readonly string[];
}

/** Items that the dispatcher answers itself. */
export type OwnItem = Extract<InboxItem, { type: "explain" | "clearance" | "semaphores" | "watch" | "mark" }>;

export type EngineItem = Exclude<InboxItem, OwnItem>;

/** An inbox item as a command to the engine. The payload of a submit stays behind. */
export function commandOf(
  item: EngineItem,
  { at, random, endedDigest, opener, usersOf }: Circumstances,
): Command {
  switch (item.type) {
    case "submit": {
      const ended = endedDigest === null ? null : { digest: endedDigest };
      return { id: item.id, at, random, type: "submit", task: requestOf(item.task), ended };
    }
    case "report": {
      const { session, leg, token, report } = item;
      return { id: item.id, at, random, type: "report", session, leg, token, report };
    }
    case "task.ended": {
      const { id, task, reason } = item;
      return { id, at, random, type: "cancel", task, by: "berth", reason };
    }
    case "decline": {
      const { session, leg, token } = item;
      return {
        id: item.id,
        at,
        random,
        type: "report",
        session,
        leg,
        token,
        report: { type: "rejected", reason: "revoked" },
      };
    }
    case "schedule.put": {
      const { task, ...spec } = item.spec;
      const payload = JSON.stringify(task.payload);
      return { ...item, at, random, spec: { ...spec, task: scheduledTaskOf(task), payload } };
    }
    case "target.put":
      return { ...item, at, random, users: usersOf(item.target, item.users) } as Command;
    case "session.open":
      return { ...item, at, random, user: opener };
    case "cancel":
    case "prioritize":
    case "release":
    case "discard":
    case "decide":
    case "semaphore.put":
    case "schedule.remove":
    case "target.remove":
    case "hold.place":
    case "hold.lift":
    case "quarantine.release":
    case "session.beat":
    case "session.drain":
    case "session.close":
    case "claim":
      return { ...item, at, random } as Command;
    default:
      return assertNever(item);
  }
}

/** Every field by name: rest and spread would cost as much as the rules that follow. */
function requestOf(task: Submission): TaskRequest {
  return {
    id: task.id,
    kind: task.kind,
    name: task.name,
    targets: task.targets,
    mutex: task.mutex,
    priority: task.priority,
    variables: task.payload.variables,
    digest: task.digest,
    notBefore: task.notBefore,
    queueExpiresAt: task.queueExpiresAt,
    timeoutMs: task.timeoutMs,
    estimateMs: task.estimateMs,
    cancelGraceMs: task.cancelGraceMs,
    plan: task.plan,
  };
}

function scheduledTaskOf({ payload, ...task }: ScheduledSubmission): ScheduledTask {
  return { ...task, variables: payload.variables };
}
