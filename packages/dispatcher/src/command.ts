import { assertNever, type Command } from "@berth/engine";
import type { InboxItem } from "@berth/protocol";

/** What every command brings besides what it says. */
interface Circumstances {
  readonly at: number;
  readonly random: number;
  /** The digest of a submitted task that has ended, from the store. */
  readonly endedDigest: string | null;
}

/** Items that the dispatcher answers itself. */
export type OwnItem = Extract<InboxItem, { type: "explain" | "watch" }>;

export type EngineItem = Exclude<InboxItem, OwnItem>;

/** An inbox item as a command to the engine. The payload of a submit stays behind. */
export function commandOf(item: EngineItem, { at, random, endedDigest }: Circumstances): Command {
  const base = { id: item.id, at, random };
  switch (item.type) {
    case "submit": {
      const { payload, ...task } = item.task;
      const ended = endedDigest === null ? null : { digest: endedDigest };
      return { ...base, type: "submit", task: { ...task, variables: payload.variables }, ended };
    }
    case "report": {
      const { session, leg, token, report } = item;
      return { ...base, type: "report", session, leg, token, report };
    }
    case "decline": {
      const { session, leg, token } = item;
      return {
        ...base,
        type: "report",
        session,
        leg,
        token,
        report: { type: "rejected", reason: "revoked" },
      };
    }
    case "cancel":
    case "prioritize":
    case "release":
    case "discard":
    case "target.put":
    case "target.remove":
    case "hold.place":
    case "hold.lift":
    case "quarantine.release":
    case "session.open":
    case "session.beat":
    case "session.drain":
    case "session.close":
    case "claim":
      return { ...item, ...base } as Command;
    default:
      return assertNever(item);
  }
}
